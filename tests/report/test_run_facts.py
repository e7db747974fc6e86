"""Facts about runs in the report."""

from pipeline.report.run_facts import machines_in_words


def test_the_report_says_which_results_other_machines_made():
    here = {"python": "3.12.1", "requirements.lock": "abc", "processor": "AMD EPYC (AVX2)"}
    other = here | {"python": "3.13.0"}
    assert machines_in_words([("prepare", here), ("train@dfc", here)]) == {
        "all results": "Python 3.12.1, packages of requirements.lock abc, on AMD EPYC (AVX2)"}
    assert machines_in_words([("prepare", here), ("train@dfc", other), ("report", here)]) == {
        "prepare, report": "Python 3.12.1, packages of requirements.lock abc, on AMD EPYC (AVX2)",
        "train@dfc": "Python 3.13.0, packages of requirements.lock abc, on AMD EPYC (AVX2)"}
    assert machines_in_words([]) == {}
