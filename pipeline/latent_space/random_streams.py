"""The streams of random numbers that are drawn after training, `numpy.random.default_rng([seed, k])`, by their k.

seed is that of params.yaml. Besides these, `sampling.sample_prior` draws from default_rng(seed), which has the numbers
of k = 0; `attribute_vectors.compute_attribute_vectors` has the number of the attribute as its k, 0 … 39; figures have
streams of their own; and the baseline supervised has [train.seed, 1, epoch].

So some uses share a stream: the two with k = 5 below, and an attribute's draw of images with the use of the same k.
They draw unlike things from it, such as images without replacement and normal numbers, and no number comes from both.
Each k stays as it is, since another would change every number that comes from it. A new use takes a k from 40 on.
"""

POSTERIOR_NOISE = 1  # of z ~ q(z|x), in `sampling.sample_posteriors`
MIXTURE_IMAGES = 2  # to which a mixture is fitted, where there are more
MIXTURE_COMPONENT, MIXTURE_NOISE = 3, 4  # of z from a mixture
PRIOR_AND_PERMUTATIONS = 5  # of the two-sample test in `evaluation.posterior`
TRAINING_PHOTOGRAPHS = 5  # of the floor, in `evaluation.photographs`
RESAMPLED_REFERENCE, RESAMPLED_IMAGES = 6, 7  # the sides of `evaluation.bootstrap`
