"""Serve a trained variant from MLflow over HTTP: `make serve VARIANT=dfc`, `make ask VARIANT=dfc FACE=face.jpg`."""

import argparse
import signal
import sys
import threading
from pathlib import Path

import numpy as np

from pipeline import paths
from pipeline.config.loading import load_params
from pipeline.errors import InputError, exit_on_input_error
from pipeline.inference.commands.output import check_output, write_picture
from pipeline.inference.loading import nearest_project
from pipeline.inference.photographs import find_detector
from pipeline.serving import question
from pipeline.tracking.experiments import alias
from pipeline.tracking.ports import refuse_used_port
from pipeline.tracking.scoring_server import ServedVersion, find_version, serving

IMAGES = 4  # dimensions of what a model takes that has an encoder


def main() -> None:
    """Run the command."""
    asked = arguments()
    for signaled in (signal.SIGTERM, signal.SIGHUP):  # so that the server is stopped then, too
        signal.signal(signaled, lambda number, frame: sys.exit(128 + number))
    if asked.command == "ask":
        check_output(asked.out, [asked.face] if asked.face else [])
    if asked.port:
        refuse_used_port(asked.port)
    config = load_params().tracking
    served = find_version(config, asked.variant, alias(asked.experiment) if asked.experiment else None)
    given = what_to_send(served, asked) if asked.command == "ask" else np.empty(0)
    print(f"starting a server of {served.uri}{', in a new environment' if asked.fresh else ''}", file=sys.stderr)
    with serving(config, served, asked.port, asked.fresh) as url:
        if asked.command == "serve":
            print(f"{served.uri} is served at {url}/invocations; stop it with Ctrl-C", flush=True)
            print(f"""curl {url}/invocations -H 'Content-Type: application/json' -d '{{"inputs": [...]}}'  """
                  f"# numbers of the shape {'×'.join(map(str, ('N', *served.shape[1:])))}", flush=True)
            try:
                threading.Event().wait()
            except KeyboardInterrupt:
                print("stopping the server", file=sys.stderr)
                return
        answer = question.ask(url, given)
    print(f"POST {url}/invocations with {'×'.join(map(str, given.shape))} numbers; the answer has "
          + ", ".join(f"{name} {'×'.join(map(str, values.shape))}" for name, values in answer.items()))
    for line in question.in_words(answer):
        print(line)
    picture = "reconstruction" if "reconstruction" in answer else "images"
    write_picture(asked.out, question.to_picture(answer[picture][0]))
    print(f"{asked.out}: the {'reconstruction' if picture == 'reconstruction' else 'sample'}; the server is stopped")


def what_to_send(served: ServedVersion, asked: argparse.Namespace) -> np.ndarray:
    """Return a face as the model takes it, or z from N(0, I) for a model without an encoder.

    Raises:
        InputError: The picture cannot be read, or the model takes none.
    """
    if len(served.shape) != IMAGES:
        if asked.face:
            raise InputError(f"{asked.variant} has no encoder, so it takes no photograph; leave out --face")
        return np.random.default_rng(asked.seed).standard_normal((1, served.shape[1])).astype(np.float32)
    if asked.face:
        return question.face_from_file(asked.face, served.shape[-1], asked.align, find_detector(nearest_project()))
    return question.test_face(paths.SHARDS, served.shape[-1])


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.serving", description=__doc__)
    parser.add_argument("command", choices=("serve", "ask"), help="serve: until Ctrl-C; ask: start, ask once, stop")
    parser.add_argument("variant", help="the name of a block under variants, such as dfc")
    parser.add_argument("--experiment", help="the DVC experiment whose model is served; else the newest version")
    parser.add_argument("--port", type=int, default=0, help="0 takes one that is free")
    parser.add_argument("--fresh", action="store_true",
                        help="serve in a new environment with the model's requirements alone: a download of gigabytes")
    parser.add_argument("--face", type=Path, help="a photograph of a face; else the first test face is sent")
    parser.add_argument("--align", choices=("auto", "none", "detect", "crop"), default="auto",
                        help="how the photograph's face comes to where the encoder expects it; as for `python -m "
                             "pipeline edit`")
    parser.add_argument("--seed", type=int, default=0, help="of z, for a variant without an encoder")
    parser.add_argument("-o", "--out", type=Path, default=Path("answer.png"), help="the picture to write")
    return parser.parse_args()


if __name__ == "__main__":
    with exit_on_input_error():
        try:
            main()
        except KeyboardInterrupt:
            sys.exit("interrupted; the server is stopped")
