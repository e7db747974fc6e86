"""Each variant's training step as one would write it from the papers, with torch's defaults and no trick.

Float32, and torch's default memory layout. VGG-19 is torchvision's, with frozen weights, and ends with its last layer
wanted. So the features of the images, which need no gradient, have no graph.
"""

from collections.abc import Callable

import torch
import torchvision
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from pipeline.config.variant import Variant
from pipeline.losses.loss_network.file import Weights
from pipeline.models.vgg19 import IMAGENET_MEAN, IMAGENET_STD
from pipeline.models.vgg19_layers import RELU_INDEX

Step = Callable[[torch.Tensor], None]  # of pixels, uint8 N×3×S×S
WIDTHS = (32, 64, 128, 256)


class PlainVAE(nn.Module):
    """Hou et al. 2016, section 3.1, for 64×64 pixels."""

    def __init__(self, latent_dim: int):
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((3, *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        self.encoder = nn.Sequential(*layers, nn.Flatten())
        self.mu, self.logvar = nn.Linear(4096, latent_dim), nn.Linear(4096, latent_dim)
        layers = [nn.Linear(latent_dim, 4096), nn.Unflatten(1, (256, 4, 4))]
        for before, after in ((256, 128), (128, 64), (64, 32), (32, 3)):
            layers += [nn.Upsample(scale_factor=2), nn.ReplicationPad2d(1), nn.Conv2d(before, after, 3),
                       nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        self.decoder = nn.Sequential(*layers[:-2])

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        hidden = self.encoder(images)
        mu, logvar = self.mu(hidden), self.logvar(hidden)
        return self.decoder(mu + torch.randn_like(mu) * (logvar / 2).exp()), mu, logvar


class PlainGenerator(nn.Sequential):
    """Radford et al. 2016, for 64×64 pixels."""

    def __init__(self, latent_dim: int, channels: tuple[int, ...]):
        widths = channels[::-1]
        layers: list[nn.Module] = [nn.Unflatten(1, (latent_dim, 1, 1)), nn.ConvTranspose2d(latent_dim, widths[0], 4)]
        for before, after in zip(widths, (*widths[1:], 3), strict=True):
            layers += [nn.BatchNorm2d(before), nn.ReLU(), nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)]
        super().__init__(*layers, nn.Tanh())


class PlainCritic(nn.Sequential):
    """Radford et al. 2016, for 64×64 pixels."""

    def __init__(self, channels: tuple[int, ...], batch_norm: bool):
        layers: list[nn.Module] = []
        for before, after in zip((3, *channels), channels, strict=False):
            layers.append(nn.Conv2d(before, after, 4, stride=2, padding=1))
            if batch_norm and before != 3:
                layers.append(nn.BatchNorm2d(after))
            layers.append(nn.LeakyReLU(0.2))
        super().__init__(*layers, nn.Flatten(), nn.Linear(channels[-1] * 16, 1))


class PlainVGG19(nn.Module):
    """torchvision's convolutional part, up to the last layer wanted."""

    def __init__(self, weights: Weights):
        super().__init__()
        self.layers = torchvision.models.vgg19(weights=None).features.requires_grad_(False).eval()
        self.layers.load_state_dict({name.removeprefix("features."): tensor for name, tensor in weights.items()})
        for module in self.layers:
            if isinstance(module, nn.ReLU):
                module.inplace = False
        for name, values in (("mean", IMAGENET_MEAN), ("std", IMAGENET_STD)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1))

    def forward(self, images: torch.Tensor, wanted: list[str]) -> list[torch.Tensor]:
        x, activations = ((images + 1) / 2 - self.mean) / self.std, {}
        for index in range(max(RELU_INDEX[name] for name in wanted) + 1):
            x = self.layers[index](x)
            activations[index] = x
        return [activations[RELU_INDEX[name]] for name in wanted]


def feature_distance(vgg: PlainVGG19, reconstruction: torch.Tensor, images: torch.Tensor, wanted: list[str]
                     ) -> torch.Tensor:
    """Return eq. 4, summed over layers."""
    pairs = zip(vgg(reconstruction, wanted), vgg(images, wanted), strict=True)
    return sum((a - b).square().mean() / 2 for a, b in pairs)


def plain_step(variant: Variant, weights: Weights, device: torch.device) -> Step:
    """Return the training step of a variant. weights: VGG-19's, by torchvision's names."""
    loss, adversary, latent_dim = variant.loss, variant.adversary, variant.model.latent_dim
    vgg = PlainVGG19(weights).to(device) if loss.reconstruction == "feature" else None
    model = (PlainVAE(latent_dim) if variant.encodes else
             PlainGenerator(latent_dim, tuple(variant.model.channels))).to(device)
    optimizer = torch.optim.Adam(model.parameters(), 5e-4)
    gan = adversary.kind == "gan"
    critic = None
    if adversary.kind != "none":
        critic = PlainCritic(tuple(adversary.channels), batch_norm=gan).to(device)
        critic_optimizer = torch.optim.Adam(critic.parameters(), 2e-4)

    def generate(images: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Return reconstructions and samples, what there is of both, and the loss on the reconstructions."""
        noise = torch.randn(len(images), latent_dim, device=device)
        if not variant.encodes:
            return [model(noise)], torch.zeros((), device=device)
        reconstruction, mu, logvar = model(images)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(dim=1).mean()
        if vgg:
            distance = 0.5 * feature_distance(vgg, reconstruction, images, list(loss.layers))
        else:
            distance = (reconstruction - images).square().sum(dim=(1, 2, 3)).mean() / 2
        return [reconstruction] + ([model.decoder(noise)] if critic else []), kl + distance

    def critic_loss(images: torch.Tensor, fakes: list[torch.Tensor]) -> torch.Tensor:
        real, of_fakes = critic(images), torch.cat([critic(fake) for fake in fakes])
        if gan:
            return cross_entropy(real, torch.ones_like(real)) + cross_entropy(of_fakes, torch.zeros_like(of_fakes))
        epsilon = torch.rand(len(images), 1, 1, 1, device=device)
        between = (epsilon * images + (1 - epsilon) * fakes[0]).detach().requires_grad_()
        gradient, = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = (gradient.flatten(1).norm(dim=1) - 1).square().mean()
        return of_fakes.mean() - real.mean() + 10 * penalty

    def step(pixels: torch.Tensor) -> None:
        images = pixels.to(device).float() / 127.5 - 1
        if critic:
            critic_optimizer.zero_grad()
            with torch.no_grad():
                fakes = generate(images)[0] if not variant.encodes else [model(images)[0], model.decoder(
                    torch.randn(len(images), latent_dim, device=device))]
            critic_loss(images, fakes).backward()
            critic_optimizer.step()
        fakes, total = generate(images)
        if critic:
            scores = torch.cat([critic(fake) for fake in fakes])
            total = total + (cross_entropy(scores, torch.ones_like(scores)) if gan else -scores.mean())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()

    return step
