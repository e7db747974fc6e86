"""What an error of MLflow means: the server is away, or it refuses; and the error in few words."""

import re

from pipeline.errors import InputError


class NoAnswer(InputError):
    """MLflow has not answered for tracking.patience seconds."""


class Refused(InputError):
    """MLflow has answered with an error."""


def is_away(error: Exception) -> bool:
    """Return True for errors that pass (no connection, timeout, 5xx), and False where MLflow refuses."""
    if isinstance(error, ImportError):  # of MLflow itself
        return False
    import requests
    from mlflow.exceptions import MlflowException

    if is_of_the_database(error):
        return "locked" in str(error)
    cause: BaseException | None = error
    if isinstance(error, MlflowException):
        if error.error_code == "TEMPORARILY_UNAVAILABLE":  # the database; of SQLite's errors only a lock passes
            return "sqlite3" not in str(error) or "locked" in str(error)
        cause = error.__cause__ or error.__context__
    if isinstance(cause, requests.HTTPError):
        return cause.response.status_code >= 500
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.RetryError,
               requests.exceptions.ChunkedEncodingError)
    return isinstance(cause, passing) and not isinstance(cause, requests.exceptions.SSLError)


def is_of_the_database(error: Exception) -> bool:
    """Return True if the database itself says so, as it does where MLflow opens or creates it."""
    return type(error).__module__.partition(".")[0] == "sqlalchemy"


def is_stale_connection(error: Exception) -> bool:
    """Return True if the server may only have closed an idle connection, so that another attempt succeeds at once."""
    return "Connection aborted" in str(error)


def in_few_words(error: Exception) -> str:
    """Return the cause of an error, extracted from the messages of libraries that wrap each other."""
    match = re.search(r"Errno -?\d+\] ([^'\")]+)|(timed out|\d+ error responses|closed connection)", str(error))
    if match:
        return match[1] or match[2]
    return (str(error) or type(error).__name__).splitlines()[0][:200]
