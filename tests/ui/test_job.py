"""A job beside the page: it ends, tells how far it is, stops when asked, goes on, and says what went wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from cxr_core.errors import CxrError, DataError
from cxr_core.ui.job import Job, OnStep

WAIT = 30  # s: the machine may be shared with a training


class Held:
    """Three steps, the first of which waits until `go` is set; each telling of what was made."""

    def __init__(self) -> None:
        self.begun, self.go, self.calls = threading.Semaphore(0), threading.Event(), 0

    def __call__(self, on_step: OnStep) -> str:
        self.calls += 1
        made = "abc"
        for done in range(1, 4):
            on_step(done, 3, made[:done])
            if done == 1:
                self.begun.release()
                assert self.go.wait(WAIT)
        return made


def stopped(make: Held) -> Job[str]:
    """A job that was stopped at its first step, and stands."""
    job = Job(make)
    assert make.begun.acquire(timeout=WAIT)
    job.stop()
    make.go.set()
    job.wait(WAIT)
    return job


def test_a_job_gives_its_result_and_tells_how_far_it_is() -> None:
    job = Job(make := Held())
    assert make.begun.acquire(timeout=WAIT)
    assert job.is_running and not job.is_done and not job.is_stopped
    assert (job.done, job.most, job.made) == (1, 3, "a") and job.share == pytest.approx(1 / 3)
    make.go.set()
    assert job.result() == job.made == "abc" and job.is_done and job.share == 1
    assert not job.is_running and not job.problem and make.calls == 1


@pytest.mark.parametrize("made", [None, (), {}])
def test_a_result_that_is_nothing_is_one(made: object) -> None:
    job = Job(lambda on_step: made)
    assert job.result() == made and job.is_done and job.share == 0


def test_a_job_stops_at_its_next_step_and_what_it_told_of_is_left() -> None:
    job = stopped(make := Held())
    assert job.is_stopped and not job.is_running and not job.is_done and not job.problem
    assert job.made == "ab" and make.calls == 1  # what it told of as it stopped is kept


def test_who_stops_what_has_ended_stops_nothing() -> None:
    job = Job(lambda on_step: 42)
    job.wait(WAIT)
    job.stop()
    job.resume()
    assert job.is_done and not job.is_stopped and job.result() == 42


def test_a_stopped_job_is_begun_anew_once_however_many_let_it_go_on() -> None:
    job = stopped(make := Held())
    make.go.clear()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: job.resume(), range(8)))
    assert make.begun.acquire(timeout=WAIT)
    assert job.is_running and not job.is_stopped and (job.done, make.calls) == (1, 2)
    make.go.set()
    assert job.result() == "abc" and make.calls == 2


def test_going_on_waits_for_the_step_at_which_the_first_run_ends() -> None:
    job = Job(make := Held())
    assert make.begun.acquire(timeout=WAIT)
    job.stop()
    going = threading.Thread(target=job.resume)
    going.start()
    assert not make.begun.acquire(timeout=0.1) and make.calls == 1
    make.go.set()
    going.join(WAIT)
    assert job.result() == "abc" and make.calls == 2


def test_who_waits_for_the_result_gets_it_though_another_stops_the_job() -> None:
    job = Job(make := Held())
    assert make.begun.acquire(timeout=WAIT)
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(job.result)
        job.stop()
        make.go.set()
        assert told.result(WAIT) == "abc" and make.calls == 2 and not job.is_stopped


@pytest.mark.parametrize(("problem", "words"), [
    (DataError("No film is left."), "No film is left."),
    (ZeroDivisionError("patient 7"), "This failed by a bug in the program"),
    (MemoryError("patient 7"), "ran out of memory"),
])
def test_what_goes_wrong_is_said_in_words_and_a_bug_is_in_the_log(
    problem: Exception, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    job = Job(failing(problem))
    job.wait(WAIT)
    assert words in job.problem and "patient 7" not in job.problem and "Error" not in job.problem
    assert job.is_done and job.made is None
    with pytest.raises(CxrError) as told:
        job.result()
    assert str(told.value) == job.problem
    logged = [record.exc_info[1] for record in caplog.records]
    assert logged == ([problem] if isinstance(problem, ZeroDivisionError) else [])  # with the way to where it was
    assert not any("patient" in said for said in caplog.messages)


def failing(problem: Exception) -> Callable[[OnStep], None]:
    def make(on_step: OnStep) -> None:
        raise problem

    return make
