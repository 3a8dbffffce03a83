"""What timm's package states of its models: the tables behind it, and the committed file that is made of them."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

import pytest
from conftest import ROOT
from test_cli import run_here

from joulemark_zoo import _torchvision_ops  # noqa: F401
import timm

from joulemark_zoo.facts import cited, families, recipes
from joulemark_zoo.facts import collect as collecting
from joulemark_zoo.facts.command import text_of

COMMITTED = ROOT / "data/catalogue/timm-facts.json"


@pytest.fixture(scope="module")
def facts() -> dict:
    return collecting.collect()


def test_the_committed_file_is_what_the_tables_say_of_the_timm_it_names(facts):
    committed = json.loads(COMMITTED.read_text())
    if committed["timm"] != timm.__version__:
        pytest.skip(f"the committed facts are of timm {committed['timm']}, here is {timm.__version__}")
    assert COMMITTED.read_text() == text_of(facts)


def test_known_models_have_the_facts_that_their_papers_state(facts):
    family = {f["family"]: f for f in facts["families"]}
    of = {a["architecture"]: family[a["family"]] for a in facts["architectures"] if a["family"]}
    assert (of["resnet50"]["kind"], of["resnet50"]["date"]) == ("CNN", "2015-12")
    assert (of["vit_base_patch16_224"]["kind"], of["vit_base_patch16_224"]["date"]) == ("transformer", "2020-10")
    assert (of["coatnet_0_rw_224"]["kind"], of["coatnet_0_rw_224"]["date"]) == ("hybrid", "2021-06")
    assert (of["mixer_b16_224"]["kind"], of["mixer_b16_224"]["date"]) == ("MLP", "2021-05")
    assert (of["vgg16"]["paper"], of["vgg16"]["date"]) == ("1409.1556", "2014-09")
    weights = {w["model"]: w for w in facts["weights"]}
    assert (weights["resnet50.a1_in1k"]["date"], weights["resnet50.tv_in1k"]["date"]) == ("2021-10", None)
    assert weights["resnet18d.ra4_e3600_r224_in1k"]["paper"] == "2404.10518"
    assert weights["convnext_base.clip_laion2b_augreg_ft_in12k_in1k"]["pretraining"] == "laion2b in12k"
    assert weights["resnet50.a1_in1k"]["pretraining"] == "in1k"
    assert weights["convnextv2_atto.fcmae_ft_in1k"]["licence"] == "cc-by-nc-4.0"


def test_every_date_is_that_of_a_paper_which_a_file_of_timm_cites(facts):
    for entry in [*facts["families"], *facts["weights"]]:
        assert (entry["date"] is None) == (entry["paper"] is None) == (entry["cited_in"] is None), entry
        if entry["paper"]:
            assert entry["cited_in"] in cited.citations()[entry["paper"]]
            assert entry["date"] == cited.month(entry["paper"])


def test_what_has_no_date_says_why(facts):
    for entry in facts["families"]:
        assert entry["paper"] or entry["reason"], entry["family"]
    assert set(families.EXCEPTIONS) <= {f.name for f in families.FAMILIES}


def test_a_family_has_one_kind_and_one_paper():
    seen: dict[str, tuple] = {}
    for f in families.FAMILIES:
        assert f.kind in families.KINDS
        assert seen.setdefault(f.name, (f.kind, f.paper)) == (f.kind, f.paper), f.name


def test_no_row_of_a_table_is_without_models(facts):
    names = [(a["module"], a["architecture"]) for a in facts["architectures"]]
    used = {families.family_of(*n) for n in names}
    assert [f for f in families.FAMILIES if f not in used] == []
    models = [w["model"] for w in facts["weights"]]
    patterns = [p for rows in (recipes.EXCEPTIONS, recipes.PAPERS, recipes.UNNAMED_DATA) for r in rows
                for p in r[0].split()]
    assert [p for p in patterns + recipes.OWN if not any(fnmatchcase(m, p) for m in models)] == []


def test_a_paper_that_timm_does_not_cite_is_an_error(monkeypatch, tmp_path, capsys):
    invented = families.Family("resnet", "resnet18", "made_up", "CNN", "1512.99999")
    monkeypatch.setattr(families, "FAMILIES", (invented, *families.FAMILIES))
    out = tmp_path / "facts.json"
    assert run_here(monkeypatch, "facts", "--out", out) == 2
    assert "1512.99999" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [("arXiv:2104.10972v4", "2104.10972"), ("https://arxiv.org/abs/1409.1556", "1409.1556"), ("2.1234", None),
     ("12104.10972", None), ("2113.00001", None), (None, None), ("", None)],
)
def test_identifiers_are_told_from_other_numbers(text, found):
    assert cited.identifier(text) == found


def test_the_command_counts_what_it_wrote(facts, monkeypatch, tmp_path, capsys):
    out = tmp_path / "new folder/facts.json"
    assert run_here(monkeypatch, "facts", "--out", out, "--json") == 0
    counts = json.loads(capsys.readouterr().out)
    written = json.loads(out.read_text())
    assert counts["weights"] == len(written["weights"]) == len(facts["weights"])
    assert counts["weights_with_a_date"] == sum("date" in w for w in written["weights"])
    assert 0 < counts["architectures_with_a_date"] < counts["architectures"]


def test_a_folder_that_cannot_be_written_is_an_error(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run_here(monkeypatch, "facts", "--out", tmp_path / "file/facts.json") == 6
    assert "cannot write" in capsys.readouterr().err
