"""The child process of a training, which talks to MLflow: python -m pipeline.tracking.reporter_process.

It takes lines of JSON on stdin (`reporter`), the last of which says how training has ended, and answers on stdout. If
stdin ends without that line, the training was killed: then it ends too, and the run stays RUNNING, until the training
goes on.
"""

import base64
import contextlib
import json
import os
import queue
import signal
import sys
import threading
from typing import Any, Literal

from pipeline.config.running import Tracking
from pipeline.config.variant import Variant
from pipeline.errors import InputError
from pipeline.messages import without_password
from pipeline.tracking import training_run, waiting
from pipeline.tracking.errors import NoAnswer, Refused, in_few_words
from pipeline.tracking.live import Live
from pipeline.tracking.notices import print_notice
from pipeline.tracking.store import store_uri
from pipeline.tracking.training_completion import complete_training

NICE = 5          # training comes first
PATIENCE = 10     # seconds at the end of a training; the stage track waits longer
ANSWERS = sys.stdout
ended = threading.Event()  # the last message has come

Message = dict[str, Any]


def main() -> None:
    """Take messages until the last one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the training says what it means
    os.nice(NICE)
    messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
    threading.Thread(target=read_messages, args=(messages,), name="stdin", daemon=True).start()
    first = messages.get()
    if "attach" in first:
        deliver(Live(first["uri"], first["attach"]), messages)
        return answer({"run_id": first["attach"]})
    tracking, variant = Tracking.model_validate(first["tracking"]), Variant.model_validate(first["variant"])
    try:
        run_id = start_run(tracking, variant, first)
    except Refused as error:
        answer({"error": str(error), "refused": True})
        return None if first.get("wait") else until_last(messages)
    except NoAnswer as error:
        return answer({"error": str(error)})
    if first.get("wait"):
        answer({"run_id": run_id})
    last = deliver(Live(store_uri(tracking), run_id), messages)
    impatient = tracking.model_copy(update={"patience": min(tracking.patience, PATIENCE)})
    answer(finish(impatient, variant, run_id) if "finish" in last else mark(impatient, run_id, last["end"]))


def read_messages(messages: "queue.SimpleQueue[Message]") -> None:
    """Read stdin to its end; end the process if the last message is not there, even in the middle of a request."""
    for line in sys.stdin:
        message = json.loads(line)
        if is_last(message):
            ended.set()
        messages.put(message)
    if not ended.is_set():
        os._exit(0)


def is_last(message: Message) -> bool:
    """Return whether a message says how training has ended: {"end": status} or {"finish": true}."""
    return "end" in message or "finish" in message


def start_run(tracking: Tracking, variant: Variant, first: Message) -> str:
    """Create or resume the run, and return MLflow's id of it. If the server is away, wait until training has ended.

    Raises:
        NoAnswer: The training has ended; or it waits for the run (`wait`), and the server is away for
            tracking.patience seconds.
        Refused: MLflow refuses.
    """
    server, said = f"MLflow at {without_password(store_uri(tracking))}", False
    once = tracking if first.get("wait") else tracking.model_copy(update={"patience": 0})
    while True:
        try:
            run_id = training_run.start_or_resume_run(once, variant, first["training"], first["parameters"],
                                                      first["run_tags"], first["began"])
        except NoAnswer:
            if first.get("wait"):
                raise
            if not said:
                print_notice(f"{server} does not answer; training goes on, rows wait")
                said = True
            if ended.wait(waiting.RETRY_SECONDS):
                raise NoAnswer(f"{server} has not answered while {variant.name} was trained.") from None
        except Refused as error:
            if not first.get("wait"):
                print_notice(f"{error}; training goes on, and the stage track tells MLflow of it")
            raise
        except Exception as error:  # of a library; training goes on
            refused = Refused(f"{server} refuses: {in_few_words(error)}.")
            if not first.get("wait"):
                print_notice(f"{refused} Training goes on, and the stage track tells MLflow of it")
            raise refused from error
        else:
            if said:
                print_notice(f"{server} answers again")
            return run_id


def deliver(live: Live, messages: "queue.SimpleQueue[Message]") -> Message:
    """Hand all to `live` until the last message, wait a moment for its delivery, and return the last message."""
    while not is_last(message := messages.get()):
        if "tags" in message:
            live.on_start(message["tags"])
        if "steps" in message:
            live.on_steps(message["steps"], message["at"])
        if "epoch" in message:
            live.on_epoch(message["epoch"], message["at"])
        if "pictures" in message:
            live.on_pictures([(key, step, base64.b64decode(png)) for key, step, png in message["pictures"]],
                             message["at"])
    live.close()
    return message


def until_last(messages: "queue.SimpleQueue[Message]") -> None:
    """Take all messages without doing anything: MLflow has refused."""
    while not is_last(messages.get()):
        pass


def finish(tracking: Tracking, variant: Variant, run_id: str) -> Message:
    """Complete the run from the training's results, and mark it FINISHED; return the answer."""
    try:
        complete_training(tracking, variant, run_id)
        training_run.mark_ended(tracking, run_id, "FINISHED")
    except Exception as error:  # nothing is lost
        why = str(error) if isinstance(error, InputError) else \
            f"MLflow at {without_password(store_uri(tracking))} refuses: {in_few_words(error)}."
        return {"error": why, "run_id": run_id}
    return {"run_id": run_id}


def mark(tracking: Tracking, run_id: str, status: Literal["FAILED", "KILLED"]) -> Message:
    """Mark the run FAILED or KILLED; return the answer, which is empty where MLflow does not answer."""
    try:
        training_run.mark_ended(tracking, run_id, status)
    except Exception:  # the training says it
        return {}
    return {"run_id": run_id}


def answer(message: Message) -> None:
    """Write a line to the training, unless that has gone."""
    with contextlib.suppress(OSError):
        print(json.dumps(message), file=ANSWERS, flush=True)


if __name__ == "__main__":
    sys.stdout = sys.stderr  # what a library prints is no answer
    main()
    os._exit(0)  # a request that hangs holds nobody up
