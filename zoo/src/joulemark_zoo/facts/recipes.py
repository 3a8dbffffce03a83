"""The table of recipes: which paper published how a set of weights was trained, and on which data before ImageNet-1k.

`paper_ids` of timm's own configuration comes first, then PAPERS, then OWN: weights that the authors of the architecture
released with it, whose paper is the family's. What none of them has is unknown, and stays so. Patterns are those of
fnmatch on "architecture.tag"; the first row that matches counts.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

#: Where timm's configuration is not to be believed: patterns, the paper instead (or None), and the reason.
EXCEPTIONS = (
    ("*.ra4_*", "2404.10518",
     "hyper-parameters after MobileNetV4's (2404.10518), as timm's model cards say; where resnet.py states 2110.00476, "
     "that is the default of a helper"),
)

#: patterns, paper, reason where the paper is not cited beside these weights in timm's own text.
PAPERS = (
    ("*.augreg_*", "2106.10270", ""),
    ("vit_*.orig_in21k_ft_in1k", "2010.11929", ""),
    ("vit_*.sam_in1k", "2106.01548", ""),
    ("*.ns_jft_in1k*", "1911.04252", ""),
    ("*.ap_in1k", "1911.09665", ""),
    ("tf_efficientnet_*.ra_in1k", "1909.13719", ""),
    ("*.fb_swsl_* *.fb_ssl_*", "1905.00546", ""),
    ("*.fb_wsl_*", "1805.00932", ""),
    ("*.seer_ft_in1k", "2103.01988", ""),
    ("*.swag_*", "2201.08371", ""),
    ("*.goog_distilled_in1k *.goog_teacher_*", "2106.05237", ""),
    ("*.miil_in21k_ft_in1k *_miil.in21k_ft_in1k", "2104.10972", ""),
    ("regnety_160.deit_in1k", "2012.12877", ""),
    ("hrnet_*_ssld.paddle_in1k hgnet*.ssld_*", "2103.05959", ""),
    ("inception_v3.tf_adv_in1k", "1611.01236", ""),
    ("inception_resnet_v2.tf_ens_adv_in1k", "1705.07204", ""),
    ("edgenext_*.usi_in1k", "2204.03475", ""),
    ("vit_*_clip_*.laion2b_ft_* convnext_*.clip_laion*", "2212.07143", ""),
    ("vit_*_clip_*.openai_ft_*", "2103.00020", ""),
    ("vit_so400m_*.webli_ft_in1k", "2303.15343", ""),
    ("*.gluon_in1k", "1812.01187",
     "weights of GluonCV, whose training is that of Bag of Tricks (1812.01187), as timm's model cards say"),
    ("*.ra_in1k *.ra2_in1k", "2110.00476",
     "RandAugment recipes of timm that were published as recipe B of ResNet Strikes Back (2110.00476), as timm's model "
     "cards say; weights may be older than that paper"),
)

#: Weights that came with the paper of their architecture.
OWN = """
beit_*.in22k_ft_in22k_in1k beitv2_*.in1k_ft_in* beit3_*.*in22k_ft_in1k
gernet_*.idstcv_in1k repvgg_*.rvgg_in1k mobileone_*.apple_in1k
cait_*.fb_dist_in1k coat_*.in1k convit_*.fb_in1k convmixer_*.in1k
convnext_*.fb_* convnextv2_*.fcmae_ft_*
crossvit_*.in1k davit_*.msft_in1k deit_*.fb_in1k deit3_*.fb_*
dla[1-9]*.in1k dpn*.mx_in1k edgenext_*_small.in1k efficientformer_*.snap_dist_in1k
efficientformerv2_*.snap_dist_in1k
efficientnet_b[123]_pruned.in1k ecaresnet*_pruned.miil_in1k
inception_v4.tf_in1k inception_resnet_v2.tf_in1k nasnetalarge.tf_in1k pnasnet5large.tf_in1k
tf_efficientnet_b[0-7].in1k tf_efficientnet_b[0-7].aa_in1k tf_efficientnet_cc_*.in1k tf_efficientnetv2_[smlx]*.in1k tf_efficientnetv2_*.in21k_ft_in1k
tf_efficientnetv2_b*.in1k tf_mixnet_*.in1k tinynet_*.in1k
efficientvit_[bl]*.r* efficientvit_m*.r224_in1k
eva_*.*ft_in1k eva_*.*in22k_in1k eva02_*.mim_* vit_*_rope_*.naver_in1k
fasternet_*.in1k fastvit_*.apple_* flexivit_*.*ep_in1k focalnet_*.ms_in1k gcvit_*.in1k
ghostnet_*.in1k ghostnetv2_*.in1k ghostnetv3_*.in1k hardcorenas_*.miil_green_in1k
hiera_*_224.mae_in1k_ft_in1k hrnet_*.ms_in1k hrnet_*.ms_aug_in1k inception_next_*.sail_in1k*
levit_*.fb_dist_in1k mambaout_femto.in1k mambaout_kobe.in1k mambaout_tiny.in1k mambaout_small.in1k mambaout_base.in1k
maxvit_*_tf_*.in1k maxvit_*_tf_*.in21k_ft_in1k caformer_*.sail_* convformer_*.sail_* poolformer*.sail_in1k
mixer_*.goog_in21k_ft_in1k resmlp_*.fb_in1k resmlp_*.fb_distilled_in1k resmlp_*.fb_in22k_ft_in1k
tf_mobilenetv3_*.in1k mobilevit_*.cvnets_in1k mobilevitv2_*.cvnets_*
mvitv2_*.fb_in1k nest_*.goog_in1k nextvit_*.bd_in1k* dm_nfnet_*.dm_in1k pit_*.in1k pvt_v2_*.in1k
rdnet_*.nv_in1k* regnet[xy]_*.pycls_in1k repghostnet_*.in1k repvit_*.dist_* res2net50_*.in1k res2net101_26w_4s.in1k
resnest50d*.in1k resnest[12]*e.in1k resnetrs*.tf_in1k resnetv2_*x*_bit.goog_in21k_ft_in1k
rexnet_*.nav_in1k selecsls*.in1k sequencer2d_*.in1k shvit_*.in1k starnet_*.in1k swiftformer_*.dist_in1k
swin_*.ms_* swinv2_*window*.ms_* tiny_vit_*.in1k tiny_vit_*.dist_* tnt_*.in1k tresnet_[mlx]*.miil_in1k* twins_*.in1k
visformer_*.in1k volo_*.sail_in1k* xcit_*.fb_*
""".split()

#: Words of a tag that name data, and the class of that data. Read from left to right; ImageNet-1k alone is "in1k".
DATA = {
    "in12k": "in12k", "in21k": "in21k", "in22k": "in21k", "jft": "jft300m", "ig1b": "ig1b", "seer": "ig1b", "swag": "ig3.6b",
    "yfcc100m": "yfcc100m", "laion2b": "laion2b", "laiona": "laion-aesthetic", "openai": "openai-wit", "webli": "webli",
    "m30m": "merged30m", "m38m": "merged38m", "6m": "extra6m",
}
#: What a tag does not say: patterns and classes.
UNNAMED_DATA = (("eva_giant_*.clip_ft_in1k", "laion400m"),)


def _matches(patterns: str, model: str) -> bool:
    return any(fnmatchcase(model, p) for p in patterns.split())


def paper_of(model: str, configured: str | None, family_paper: str | None) -> tuple[str | None, str]:
    """The paper of the recipe of `model`, and why where that is an exception ("" otherwise)."""
    for patterns, paper, reason in EXCEPTIONS:
        if _matches(patterns, model):
            return paper, reason
    if configured:
        return configured, ""
    for patterns, paper, reason in PAPERS:
        if _matches(patterns, model):
            return paper, reason
    if any(fnmatchcase(model, pattern) for pattern in OWN):
        return family_paper, ""
    return None, ""


def pretraining_of(model: str) -> str:
    """Classes of the data that came before (or beside) ImageNet-1k, as the tag names it, separated by spaces; "in1k"
    where it names no other. A teacher's data does not count."""
    for patterns, data in UNNAMED_DATA:
        if _matches(patterns, model):
            return data
    words = model.partition(".")[2].split("_")
    found = dict.fromkeys(DATA[w] for w in words if w in DATA)
    return " ".join(found) or "in1k"
