"""Finding faces and their five landmarks with MTCNN (Zhang et al. 2016).

`Detector` in `detector.py` is the way in. It imports torch, so that other modules of `pipeline/data` import it inside
functions only. The networks and the cascade are written here; the weights are those of the package facenet-pytorch 2.6.0
by Tim Esler (MIT licence, https://github.com/timesler/facenet-pytorch), which had them from David Sandberg's facenet
(MIT licence), which had them from the authors of MTCNN. `make detector` fetches them.
"""
