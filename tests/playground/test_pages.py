"""When the playground is there, and what its pages answer."""

from __future__ import annotations

import json

import pytest

from cds_service.playground.markdown import detail_tree
from cds_service.playground.words import read_words_json
from cds_service.settings import Settings, TrustedClient, start_warnings
from tests.playground.conftest import TODAY
from tests.shipped import compiled
from tests.web.service import client

PAGE = {"Accept": "text/html"}
TRUSTED = (
    TrustedClient(issuer="https://ehr.example.org", jwks_url="https://ehr.example.org/keys"),
)


@pytest.mark.parametrize(
    ("settings", "is_there"),
    [
        (Settings(), True),
        (Settings(host="::1"), True),
        (Settings(playground="off"), False),
        (Settings(host="0.0.0.0", open=True), False),
        (Settings(host="0.0.0.0", open=True, playground="on"), True),
        (Settings(trusted_clients=TRUSTED), False),
        (Settings(trusted_clients=TRUSTED, playground="on"), True),
    ],
)
def test_by_itself_it_is_on_in_open_mode_on_loopback_alone(settings, is_there):
    called = client(settings)
    assert ("Made-up patient" in called.get("/", headers=PAGE).text) == is_there
    assert "Where to go next" in called.get("/", headers=PAGE).text
    for path in ("choices", "main.js", "stories/45-man-knee-mri/order-select.mri-knee"):
        assert called.get(f"/playground/{path}").status_code == (200 if is_there else 404)
    assert ("playground" in called.get("/").text) == is_there


def test_beside_trusted_clients_it_is_told_that_its_calls_are_refused():
    (told,) = start_warnings(Settings(trusted_clients=TRUSTED, playground="on"))
    assert told.startswith("SPINE_CDS_PLAYGROUND=on")
    assert start_warnings(Settings(trusted_clients=TRUSTED)) == ()


def test_the_page_loads_from_its_own_host_alone():
    response = client().get("/", headers=PAGE)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "style=" not in response.text
    assert "onclick" not in response.text


@pytest.mark.parametrize("name", ["main.js", "orders.js", "playground.css"])
def test_its_files_are_served_by_their_kind(name):
    response = client().get(f"/playground/{name}")
    assert response.mimetype == ("text/css" if name.endswith("css") else "text/javascript")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_nothing_but_its_files_is_served():
    for path in ("stories.jsonl", "../pages.py", "..%2fpages.py", "__init__.py"):
        assert client().get(f"/playground/{path}").status_code == 404


def test_a_pasted_text_that_is_no_chart_is_a_400_that_does_not_repeat_it():
    response = client().post("/playground/paste", json={"text": "Anna Secret, 34", "asOf": ""})
    assert response.status_code == 400
    assert "Secret" not in response.text


@pytest.mark.parametrize("body", [{"text": 1}, {}, [], {"text": "{}", "asOf": "next week"}])
def test_a_paste_of_another_shape_is_a_400(body):
    assert client().post("/playground/paste", json=body).status_code == 400


def test_another_site_cannot_post_to_it_as_a_form_would():
    response = client().post(
        "/playground/paste", data=json.dumps({"text": "{}"}), content_type="text/plain"
    )
    assert response.status_code == 415


def test_words_are_pieces_that_make_up_the_text_again():
    text = "Back pain for 3 weeks,  no fever.\nCannot pass urine; rukking tolls 😀 since Monday"
    read = read_words_json(text, compiled(), TODAY)
    assert "".join(piece["text"] for piece in read["pieces"]) == text
    marked = {piece["text"]: piece["says"] for piece in read["pieces"] if "says" in piece}
    assert marked["fever"] == "Fever: denied"
    assert marked["Cannot pass urine"].endswith(": said")
    assert marked["for 3 weeks"] == "Length of the pain: 21 to 27 days"
    assert marked["rukking tolls"] == "Not understood"


def test_care_is_marked_as_a_whole_and_what_lies_inside_is_listed():
    read = read_words_json("6 weeks of physio didn't help", compiled(), TODAY)
    (care,) = [piece["text"] for piece in read["pieces"] if piece.get("kind") == "care"]
    assert care.endswith("physio didn't help")
    assert {one["kind"] for one in read["read"]} >= {"care", "stated"}


def test_words_without_a_meaning_are_one_piece():
    assert read_words_json("n/a", compiled(), TODAY) == {"pieces": [{"text": "n/a"}], "read": []}
    assert read_words_json("", compiled(), TODAY) == {"pieces": [], "read": []}


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "![x](https://evil.example/x.png)",
        "[x](javascript:alert(1))",
        "www.evil.example https://evil.example",
    ],
)
def test_a_detail_brings_no_markup_and_no_address_of_its_own(text):
    (paragraph,) = detail_tree(text)
    assert paragraph["tag"] == "p"
    assert all(
        isinstance(child, str) or child["tag"] not in ("a", "img")
        for child in paragraph["children"]
    ), text


def test_a_link_that_the_detail_has_keeps_its_address():
    assert detail_tree("[ACR](https://acr.example)") == [
        {"tag": "p", "children": [{"tag": "a", "children": ["ACR"], "href": "https://acr.example"}]}
    ]


def test_a_detail_keeps_its_lists_headings_and_escapes():
    item = {
        "tag": "li",
        "children": [{"tag": "p", "children": ["one ", {"tag": "code", "children": ["c"]}]}],
    }
    assert detail_tree("**Found:**\n\n- one `c`\n\n\\<b\\>\ntwo") == [
        {"tag": "p", "children": [{"tag": "strong", "children": ["Found:"]}]},
        {"tag": "ul", "children": [item]},
        {"tag": "p", "children": ["<b>", " ", "two"]},
    ]
