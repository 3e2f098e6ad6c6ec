"""The search box (T16): what finds what, and that no sign of the text means anything to SQL."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.library.received import item
from viewer.library.folding import folded, words
from viewer.library.index import NAME, Index
from viewer.library.query import Query, parse

STUDIES = {
    "smith": {"patient_name": "Smith^John", "patient_id": "A-17", "sex": "M"},
    "muller": {"patient_name": "Müller-Lüdenscheidt^Änne", "accession": "2024/0815"},
    "yamada": {"patient_name": "Yamada^Tarou=山田^太郎=やまだ^たろう"},
    "ivanov": {"patient_name": "Иванов^Пётр", "description": "Колено"},
    "berg": {"patient_name": "van der Berg^A", "description": "CT Abdomen 50% dose"},
    "percent": {"patient_name": "100%_sure*", "patient_id": "'; DROP TABLE studies; --"},
    "oddity": {"patient_name": 'O\'Brien "Bob"', "study_date": "20240315", "birth_date": ""},
    "knee": {
        "line": {"modality": "MR", "body_part": "KNEE", "source": "MRSCAN"},
        "description": "Kniegelenk",
        "study_date": "20250102",
        "birth_date": "19991231",
    },
    "protocol": {"line": {"modality": "CTPROTOCOL"}, "study_date": ""},
}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    index = Index(tmp_path_factory.mktemp("query") / NAME)
    for number, changes in enumerate(STUDIES.values(), 1):
        index.put([item(number, **({"patient_name": f"Nobody{number}"} | changes))])
    yield index
    index.close()


def found(index, text):
    names = list(STUDIES)
    studies = index.studies(parse(text))
    assert index.count(parse(text)) == len(studies)
    return {names[int(study.uid.split(".")[-1]) - 1] for study in studies}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", set(STUDIES), id="nothing-finds-all"),
        pytest.param("  ", set(STUDIES), id="blanks-find-all"),
        pytest.param("smith", {"smith"}, id="word"),
        pytest.param("SMI", {"smith"}, id="beginning-in-any-case"),
        pytest.param("mith", set(), id="not-the-middle-of-a-word"),
        pytest.param("john smith", {"smith"}, id="words-in-any-order"),
        pytest.param("Smith, John", {"smith"}, id="comma-parts-words"),
        pytest.param("Smith^John", {"smith"}, id="as-dicom-writes-it"),
        pytest.param("smith anne", set(), id="all-words-are-needed"),
        pytest.param("muller", {"muller"}, id="without-accents"),
        pytest.param("MÜLLER", {"muller"}, id="with-accents"),
        pytest.param("lud", {"muller"}, id="second-part-of-a-double-name"),
        pytest.param("müller-lud", {"muller"}, id="across-a-hyphen"),
        pytest.param("山田", {"yamada"}, id="ideographs"),
        pytest.param("太", {"yamada"}, id="one-ideograph"),
        pytest.param("やまだ", {"yamada"}, id="kana"),
        pytest.param("иван", {"ivanov"}, id="cyrillic"),
        pytest.param("петр", {"ivanov"}, id="cyrillic-without-accent"),
        pytest.param('"van der b"', {"berg"}, id="phrase"),
        pytest.param('"van berg"', set(), id="phrase-is-in-order"),
        pytest.param("van berg", {"berg"}, id="words-are-not"),
        pytest.param("2024/0815", {"muller"}, id="accession-with-a-slash"),
        pytest.param("20250102", {"knee"}, id="date-as-a-word"),
        pytest.param("name:smith", {"smith"}, id="name"),
        pytest.param("NAME:Smith", {"smith"}, id="field-in-any-case"),
        pytest.param('name:"der berg"', {"berg"}, id="field-with-phrase"),
        pytest.param("id:smith", set(), id="other-column"),
        pytest.param("id:a-17", {"smith"}, id="id"),
        pytest.param("acc:2024", {"muller"}, id="accession"),
        pytest.param("desc:abd", {"berg"}, id="description"),
        pytest.param("desc:Колено", {"ivanov"}, id="description-cyrillic"),
        pytest.param("mod:MR", {"knee"}, id="modality"),
        pytest.param("mod:ctprotocol", {"protocol"}, id="whole-code"),
        pytest.param("mod:MR,CTPROTOCOL", {"knee", "protocol"}, id="either-modality"),
        pytest.param("mod:MR mod:CT", set(), id="both-modalities"),
        pytest.param("mod:CT", set(STUDIES) - {"knee", "protocol"}, id="not-ctprotocol"),
        pytest.param("body:kn", {"knee"}, id="body-part"),
        pytest.param("ae:mrscan", {"knee"}, id="sender"),
        pytest.param("sex:m name:smith", {"smith"}, id="sex"),
        pytest.param("sex:F name:smith", set(), id="other-sex"),
        pytest.param("date:2025", {"knee"}, id="year"),
        pytest.param("date:2025-", {"knee"}, id="since"),
        pytest.param("date:202403", {"oddity"}, id="month"),
        pytest.param("date:2024-03", {"oddity"}, id="month-iso"),
        pytest.param("date:20240315", {"oddity"}, id="day"),
        pytest.param("date:2024-03-15", {"oddity"}, id="day-iso"),
        pytest.param("date:20240301-20240331", {"oddity"}, id="range"),
        pytest.param("date:20240331-20240301", {"oddity"}, id="range-turned-round"),
        pytest.param("date:2024-03-01..2024-03-31", {"oddity"}, id="range-iso"),
        pytest.param("date:2024-2025", set(STUDIES) - {"protocol"}, id="range-of-years"),
        pytest.param("date:-2024", set(STUDIES) - {"knee", "protocol"}, id="until"),
        pytest.param("born:1999", {"knee"}, id="born"),
        pytest.param("born:-1980", set(STUDIES) - {"knee", "oddity"}, id="born-until"),
        pytest.param("is:new", set(STUDIES), id="new"),
        pytest.param("is:missing", set(), id="missing"),
        pytest.param("name: mod: date: is: sex:", set(STUDIES), id="fields-being-typed"),
        # T16: every sign is itself.
        pytest.param("%", {"berg", "percent"}, id="percent"),
        pytest.param("_", {"percent"}, id="underscore"),
        pytest.param("*", {"percent"}, id="star"),
        pytest.param("50%", {"berg"}, id="word-with-percent"),
        pytest.param("100%_s", {"percent"}, id="signs-within"),
        pytest.param("sm*", set(), id="star-is-no-wildcard"),
        pytest.param("sm_th", set(), id="underscore-is-no-wildcard"),
        pytest.param("' OR 1=1 --", set(), id="injection"),
        pytest.param("name:' OR 1=1 --", set(), id="injection-in-a-field"),
        pytest.param("id:';", {"percent"}, id="quote-and-semicolon"),
        pytest.param("O'Brien", {"oddity"}, id="apostrophe"),
        pytest.param("desc:%", {"berg"}, id="sign-in-a-column"),
        pytest.param("smith OR knee", set(), id="or-is-a-word"),
        pytest.param("NOT smith", set(), id="not-is-a-word"),
        pytest.param("NEAR(smith john)", set(), id="near-is-a-word"),
        pytest.param("{name}: smith", set(), id="fts-column-filter"),
        pytest.param("^smith", {"smith"}, id="fts-caret-parts-words"),
        pytest.param('"smith', {"smith"}, id="open-quote"),
        pytest.param("foo:bar", set(), id="unknown-field-is-a-word"),
        pytest.param("\x00\ud800\x1b", set(STUDIES), id="no-characters"),
    ],
)
def test_what_is_found(index, text, expected):
    assert found(index, text) == expected


@pytest.mark.parametrize("text", ["date:someday", "date:99", "is:nice", "born:x-y"])
def test_what_is_not_understood_is_told_and_hides_nothing(index, text):
    query = parse(text)

    assert query.remarks
    assert found(index, text) == set(STUDIES)


def test_the_table_is_intact_after_every_attack(index):
    for text in ("'; DROP TABLE studies; --", '" UNION SELECT 1 --', "') OR ('1'='1", "\\'; --"):
        found(index, text)

    assert index.count() == len(STUDIES)


TEXTS = st.text(max_size=40) | st.text("ab \"%_*'()^:-,=äИ山が\\{}~+", max_size=20)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
@example("İ")
@example("ǰ")
@example("ß")
def test_folding_twice_changes_nothing(text):
    assert folded(folded(text)) == folded(text)


@given(TEXTS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example('"')
@example('a"b')
@example("is:")
def test_no_text_fails(index, text):
    for box in (text, f"name:{text}", f'name:"{text}', f"mod:{text}", f"date:{text}"):
        assert index.count(parse(box)) <= len(STUDIES)


def wanted(word, name):
    """What a word means, said again without SQL: begins a run of words, and stands there."""
    word, name = folded(word), folded(name)
    parts, there = words(word), words(name)
    if parts:
        runs = [there[start : start + len(parts)] for start in range(len(there))]
        if not any(
            run[:-1] == parts[:-1] and run[-1:] and run[-1].startswith(parts[-1])
            for run in runs
            if len(run) == len(parts)
        ):
            return False
    return word in name if word != " ".join(parts) else True


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    index = Index(tmp_path_factory.mktemp("model") / NAME, flush_each=False)
    yield index
    index.close()


@given(name=TEXTS, word=TEXTS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(name="100% sure", word="0%")
@example(name="a-b", word="a b")
@example(name="が", word="か")
def test_a_phrase_finds_what_the_definition_says(scratch, name, word):
    scratch.forget(item(1).study_uid)
    name = name.encode("utf-8", "replace").decode()[:64]
    scratch.put([item(1, patient_name=name)])

    phrase = word.replace('"', "")
    hits = scratch.count(parse(f'name:"{phrase}"'))

    assert hits == wanted(phrase, name)


@given(st.text(min_size=1, max_size=30))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_name_finds_itself(scratch, name):
    scratch.forget(item(1).study_uid)
    name = name.encode("utf-8", "replace").decode().replace('"', "")
    scratch.put([item(1, patient_name=name)])

    assert scratch.count(parse(f'"{name}"')) == 1


def test_statements_are_constants():
    """T41: no formatting of values into SQL, anywhere in the library."""
    sources = Path(__file__).parents[2].joinpath("viewer", "library").glob("*.py")
    calls = re.compile(r"\.execute(?:many|script)?\(\s*(f[\"']|[^,)]*(?:%|\.format|\+))")

    assert [path.name for path in sources if calls.search(path.read_text("utf-8"))] == []


def test_an_empty_query_binds_nothing_that_limits():
    assert parse("") == Query()
