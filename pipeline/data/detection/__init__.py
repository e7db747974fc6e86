"""Finding faces and their five landmarks with MTCNN (Zhang et al. 2016).

`Detector` in `detector.py` is the way in. It imports torch, so that other modules of `pipeline/data` import it inside
functions only. The networks and the cascade are written here. The weights are those of the package facenet-pytorch
2.6.0 by Tim Esler (MIT licence, https://github.com/timesler/facenet-pytorch), which converted those of David Sandberg's
facenet (MIT licence). `make detector` fetches them.
"""
