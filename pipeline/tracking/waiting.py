"""Calls to MLflow that wait for a server that is away, for at most tracking.patience seconds."""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from pipeline.config.running import Tracking
from pipeline.messages import without_password
from pipeline.tracking.errors import NoAnswer, Refused, in_few_words, is_away, is_of_the_database, is_stale_connection
from pipeline.tracking.notices import print_notice
from pipeline.tracking.store import store_uri

RETRY_SECONDS = 3.0  # between two attempts

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def retry_while_away(config: Tracking, call: Callable[Arguments, Answer], *arguments: Arguments.args,
                     **options: Arguments.kwargs) -> Answer:
    """Return what a call to MLflow returns, and repeat it while the server is away.

    Says on stderr that it waits, and when the server answers again.

    Args:
        config: Names the store; its `patience` is how many seconds to wait at most.
        call: Must be idempotent: a call may have been carried out although its answer was lost.
        arguments: For `call`.
        options: For `call`.

    Raises:
        NoAnswer: The server has not answered for tracking.patience seconds.
        Refused: The server has answered with an error.
        MlflowException: The thing that the call asks for does not exist.
    """
    from mlflow.exceptions import MlflowException

    failures, has_said, since, uri = 0, False, 0.0, without_password(store_uri(config))
    while True:
        try:
            answer = call(*arguments, **options)
        except Exception as error:
            if not is_away(error):
                if not is_of_the_database(error) and (not isinstance(error, MlflowException)
                                                      or error.error_code == "RESOURCE_DOES_NOT_EXIST"):
                    raise
                raise Refused(f"MLflow at {uri} refuses: {in_few_words(error)}; check tracking.uri, and the user and "
                              "password in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD if it asks for "
                              "them") from error
            failures += 1
            if failures == 1 and is_stale_connection(error):
                continue
            since = since or time.monotonic()
            left = since + config.patience - time.monotonic()
            if left <= 0:
                raise NoAnswer(f"MLflow at {uri} has not answered for {config.patience} s ({in_few_words(error)}); "
                               "start it, or set tracking.uri, and run again: nothing computed is lost.") from None
            if not has_said:
                print_notice(f"MLflow at {uri} does not answer ({in_few_words(error)}); waiting for it, at most "
                             f"{config.patience} s")
                has_said = True
        else:
            if has_said:
                print_notice(f"MLflow at {uri} answers again")
            return answer
        time.sleep(min(RETRY_SECONDS, left))
