"""The table of families: which architectures are one family, of what kind it is, and which paper introduced it.

A family is a module of timm, or a finer part where a module holds several. Rows are in order: the first one of the
module whose patterns match the architecture counts. The paper is the one that introduced the architecture, not the
recipe of its weights; its identifier has to stand in the installed timm package (`cited.py` looks). EXCEPTIONS says why a family has no paper, and
why a kind is not what the name makes one expect.

Kinds, by what mixes information between places of the image:
  CNN          convolutions alone
  transformer  attention alone, whatever embeds the patches or makes the image smaller between stages
  hybrid       blocks of convolutions and blocks of attention (or both in one block)
  MLP          fully connected layers across places
  other        none of these, or timm's own networks for tests
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

KINDS = ("CNN", "transformer", "hybrid", "MLP", "other")


@dataclass(frozen=True)
class Family:
    module: str  # of timm.models
    patterns: str  # of architectures, separated by spaces
    name: str
    kind: str
    paper: str | None  # arXiv identifier; None: no paper introduced it, EXCEPTIONS says why

    def holds(self, module: str, architecture: str) -> bool:
        return module == self.module and any(fnmatchcase(architecture, p) for p in self.patterns.split())


#: Networks of a few hundred thousand parameters, in several modules, that timm's own tests run.
TEST_NETWORKS = "timm_test"

FAMILIES = tuple(Family(*row) for row in (
    ("beit", "beit_*", "beit", "transformer", "2106.08254"),
    ("beit", "beitv2_*", "beitv2", "transformer", "2208.06366"),
    ("byoanet", "botnet* eca_botnext* sebotnet*", "botnet", "hybrid", "2101.11605"),
    ("byoanet", "halonet* eca_halonext* sehalonet* haloregnetz*", "halonet", "hybrid", "2103.12731"),
    ("byoanet", "halo2botnet* lamhalobotnet*", "halobotnet", "hybrid", None),
    ("byoanet", "lambda_*", "lambdanet", "hybrid", "2102.08602"),
    ("byobnet", "test_*", TEST_NETWORKS, "other", None),
    ("byobnet", "gernet_*", "gernet", "CNN", "2006.14090"),
    ("byobnet", "repvgg_*", "repvgg", "CNN", "2101.03697"),
    ("byobnet", "mobileone_*", "mobileone", "CNN", "2206.04040"),
    ("byobnet", "regnetz_*", "regnetz", "CNN", "2103.06877"),
    ("byobnet", "*resnet* *resnext*", "byob_resnet", "CNN", None),
    ("cait", "*", "cait", "transformer", "2103.17239"),
    ("coat", "*", "coat", "transformer", "2104.06399"),
    ("convit", "*", "convit", "transformer", "2103.10697"),
    ("convmixer", "*", "convmixer", "CNN", "2201.09792"),
    ("convnext", "test_*", TEST_NETWORKS, "other", None),
    ("convnext", "convnextv2_*", "convnextv2", "CNN", "2301.00808"),
    ("convnext", "*", "convnext", "CNN", "2201.03545"),
    ("cpubone", "*", "cpubone", "hybrid", "2603.26425"),
    ("crossvit", "*", "crossvit", "transformer", "2103.14899"),
    ("cspnet", "darknet*", "darknet", "CNN", "1804.02767"),
    ("cspnet", "*", "cspnet", "CNN", "1911.11929"),
    ("davit", "*", "davit", "transformer", "2204.03645"),
    ("deit", "deit3_*", "deit3", "transformer", "2204.07118"),
    ("deit", "*", "deit", "transformer", "2012.12877"),
    ("densenet", "*", "densenet", "CNN", "1608.06993"),
    ("dla", "*res2ne*", "dla_res2net", "CNN", "1904.01169"),
    ("dla", "*", "dla", "CNN", "1707.06484"),
    ("dpn", "*", "dpn", "CNN", "1707.01629"),
    ("edgenext", "*", "edgenext", "hybrid", "2206.10589"),
    ("efficientformer", "*", "efficientformer", "hybrid", "2206.01191"),
    ("efficientformer_v2", "*", "efficientformerv2", "hybrid", "2212.08059"),
    ("efficientnet", "test_*", TEST_NETWORKS, "other", None),
    ("efficientnet", "*efficientnetv2_*", "efficientnetv2", "CNN", "2104.00298"),
    ("efficientnet", "efficientnet_b*_pruned", "efficientnet_pruned", "CNN", "2002.08258"),
    ("efficientnet", "efficientnet_x_* efficientnet_h_*", "efficientnet_x", "CNN", "2102.05610"),
    ("efficientnet", "*efficientnet_cc_*", "efficientnet_condconv", "CNN", "1904.04971"),
    ("efficientnet", "*efficientnet_e[sml] efficientnet_e[sml]_pruned", "efficientnet_edgetpu", "CNN", None),
    ("efficientnet", "*efficientnet_lite*", "efficientnet_lite", "CNN", None),
    ("efficientnet", "*efficientnet_*", "efficientnet", "CNN", "1905.11946"),
    ("efficientnet", "fbnetc_*", "fbnet", "CNN", "1812.03443"),
    ("efficientnet", "*mixnet_*", "mixnet", "CNN", "1907.09595"),
    ("efficientnet", "*mnasnet_*", "mnasnet", "CNN", "1807.11626"),
    ("efficientnet", "mobilenet_edgetpu_*", "mobilenet_edgetpu", "CNN", "2204.14007"),
    ("efficientnet", "mobilenetv1_*", "mobilenetv1", "CNN", "1704.04861"),
    ("efficientnet", "mobilenetv2_*", "mobilenetv2", "CNN", "1801.04381"),
    ("efficientnet", "spnasnet_*", "spnasnet", "CNN", "1904.02877"),
    ("efficientnet", "tinynet_*", "tinynet", "CNN", "2010.14819"),
    ("efficientvim", "*", "efficientvim", "other", "2411.15241"),
    ("efficientvit_mit", "*", "efficientvit_mit", "hybrid", "2205.14756"),
    ("efficientvit_msra", "*", "efficientvit_msra", "hybrid", "2305.07027"),
    ("eva", "eva02_*", "eva02", "transformer", "2303.11331"),
    ("eva", "eva_*", "eva", "transformer", "2211.07636"),
    ("eva", "vit_*_rope*", "vit_rope", "transformer", "2403.13298"),
    ("fasternet", "*", "fasternet", "CNN", "2303.03667"),
    ("fastvit", "fastvit_t* fastvit_s12", "fastvit_conv", "CNN", "2303.14189"),
    ("fastvit", "fastvit_*", "fastvit", "hybrid", "2303.14189"),
    ("focalnet", "*", "focalnet", "CNN", "2203.11926"),
    ("gcvit", "*", "gcvit", "transformer", "2206.09959"),
    ("ghostnet", "ghostnet_*", "ghostnet", "CNN", "1911.11907"),
    ("ghostnet", "ghostnetv2_*", "ghostnetv2", "CNN", "2211.12905"),
    ("ghostnet", "ghostnetv3_*", "ghostnetv3", "CNN", "2404.11202"),
    ("hardcorenas", "*", "hardcorenas", "CNN", "2102.11646"),
    ("hgnet", "hgnet_*", "hgnet", "CNN", None),
    ("hgnet", "hgnetv2_*", "hgnetv2", "CNN", None),
    ("hiera", "*_abswin_*", "hiera_abswin", "transformer", "2311.05613"),
    ("hiera", "*", "hiera", "transformer", "2306.00989"),
    ("hrnet", "*", "hrnet", "CNN", "1908.07919"),
    ("iformer", "*", "iformer", "hybrid", "2501.15369"),
    ("inception_next", "*", "inception_next", "CNN", "2303.16900"),
    ("inception_resnet_v2", "*", "inception_resnet_v2", "CNN", "1602.07261"),
    ("inception_v3", "*", "inception_v3", "CNN", "1512.00567"),
    ("inception_v4", "*", "inception_v4", "CNN", "1602.07261"),
    ("levit", "*", "levit", "hybrid", "2104.01136"),
    ("lowformer", "*", "lowformer", "hybrid", "2409.03460"),
    ("mambaout", "*", "mambaout", "CNN", "2405.07992"),
    ("maxxvit", "coatne[tx]*", "coatnet", "hybrid", "2106.04803"),
    ("maxxvit", "*", "maxvit", "hybrid", "2204.01697"),
    ("metaformer", "poolformer_*", "poolformer", "other", "2111.11418"),
    ("metaformer", "poolformerv2_*", "poolformerv2", "other", "2210.13452"),
    ("metaformer", "convformer_*", "convformer", "CNN", "2210.13452"),
    ("metaformer", "caformer_*", "caformer", "hybrid", "2210.13452"),
    ("mlp_mixer", "mixer_* gmixer_*", "mixer", "MLP", "2105.01601"),
    ("mlp_mixer", "resmlp_*", "resmlp", "MLP", "2105.03404"),
    ("mlp_mixer", "gmlp_*", "gmlp", "MLP", "2105.08050"),
    ("mobilenetv3", "fbnetv3_*", "fbnetv3", "CNN", "2006.02049"),
    ("mobilenetv3", "lcnet_*", "lcnet", "CNN", "2109.15099"),
    ("mobilenetv3", "*mobilenetv3_*", "mobilenetv3", "CNN", "1905.02244"),
    ("mobilenetv3", "mobilenetv4_conv_*", "mobilenetv4_conv", "CNN", "2404.10518"),
    ("mobilenetv3", "mobilenetv4_hybrid_*", "mobilenetv4_hybrid", "hybrid", "2404.10518"),
    ("mobilevit", "mobilevitv2_*", "mobilevitv2", "hybrid", "2206.02680"),
    ("mobilevit", "mobilevit_*", "mobilevit", "hybrid", "2110.02178"),
    ("mvitv2", "*", "mvitv2", "transformer", "2112.01526"),
    ("naflexvit", "*", "naflexvit", "transformer", "2307.06304"),
    ("nasnet", "*", "nasnet", "CNN", "1707.07012"),
    ("nest", "*", "nest", "transformer", "2105.12723"),
    ("nextvit", "*", "nextvit", "hybrid", "2207.05501"),
    ("nfnet", "test_*", TEST_NETWORKS, "other", None),
    ("nfnet", "nf_*", "nf_resnet", "CNN", "2101.08692"),
    ("nfnet", "*nfnet_*", "nfnet", "CNN", "2102.06171"),
    ("pit", "*", "pit", "transformer", "2103.16302"),
    ("pnasnet", "*", "pnasnet", "CNN", "1712.00559"),
    ("pvt_v2", "*", "pvt_v2", "transformer", "2106.13797"),
    ("rdnet", "*", "rdnet", "CNN", "2403.19588"),
    ("regnet", "regnetz_*", "regnetz", "CNN", "2103.06877"),
    ("regnet", "regnetv_*", "regnetv", "CNN", None),
    ("regnet", "*", "regnet", "CNN", "2003.13678"),
    ("repghost", "*", "repghost", "CNN", "2211.06088"),
    ("repvit", "*", "repvit", "CNN", "2307.09283"),
    ("res2net", "*", "res2net", "CNN", "1904.01169"),
    ("resnest", "*", "resnest", "CNN", "2004.08955"),
    ("resnet", "test_*", TEST_NETWORKS, "other", None),
    ("resnet", "ecaresnet*_pruned", "eca_resnet_pruned", "CNN", "2002.08258"),
    ("resnet", "ecaresne*", "eca_resnet", "CNN", "1910.03151"),
    ("resnet", "resnetrs*", "resnet_rs", "CNN", "2103.07579"),
    ("resnet", "resnetblur* resnetaa*", "resnet_antialiased", "CNN", "1904.11486"),
    ("resnet", "seresne* senet*", "senet", "CNN", "1709.01507"),
    ("resnet", "resnext*", "resnext", "CNN", "1611.05431"),
    ("resnet", "wide_resnet*", "wide_resnet", "CNN", "1605.07146"),
    ("resnet", "*_gn", "resnet_gn", "CNN", "1803.08494"),
    ("resnet", "resnet*[cdst]", "resnet_d", "CNN", "1812.01187"),
    ("resnet", "*", "resnet", "CNN", "1512.03385"),
    ("resnetv2", "*_bit", "bit", "CNN", "1912.11370"),
    ("resnetv2", "*_evos", "resnetv2_evonorm", "CNN", None),
    ("resnetv2", "*", "resnetv2", "CNN", "1603.05027"),
    ("rexnet", "*", "rexnet", "CNN", "2007.00992"),
    ("selecsls", "*", "selecsls", "CNN", "1907.00837"),
    ("senet", "*", "senet", "CNN", "1709.01507"),
    ("sequencer", "*", "sequencer", "other", "2205.01972"),
    ("shvit", "*", "shvit", "hybrid", "2401.16456"),
    ("sknet", "*", "sknet", "CNN", "1903.06586"),
    ("starnet", "*", "starnet", "CNN", "2403.19967"),
    ("swiftformer", "*", "swiftformer", "hybrid", "2303.15446"),
    ("swin_transformer", "swin_s3_*", "swin_s3", "transformer", "2111.14725"),
    ("swin_transformer", "*", "swin", "transformer", "2103.14030"),
    ("swin_transformer_v2", "*", "swinv2", "transformer", "2111.09883"),
    ("swin_transformer_v2_cr", "*", "swinv2", "transformer", "2111.09883"),
    ("tiny_vit", "*", "tiny_vit", "hybrid", "2207.10666"),
    ("tnt", "*", "tnt", "transformer", "2103.00112"),
    ("tresnet", "*", "tresnet", "CNN", "2003.13630"),
    ("twins", "*", "twins", "transformer", "2104.13840"),
    ("vgg", "*", "vgg", "CNN", "1409.1556"),
    ("visformer", "*", "visformer", "hybrid", "2104.12533"),
    ("vision_transformer", "test_*", TEST_NETWORKS, "other", None),
    ("vision_transformer", "beit3_*", "beit3", "transformer", "2208.10442"),
    ("vision_transformer", "eva_*", "eva", "transformer", "2211.07636"),
    ("vision_transformer", "flexivit_*", "flexivit", "transformer", "2212.08013"),
    ("vision_transformer", "vit_*_clip_*", "vit_clip", "transformer", "2103.00020"),
    ("vision_transformer", "vit_so*", "vit_so", "transformer", "2305.13035"),
    ("vision_transformer", "vit_*_reg[14]_*", "vit_registers", "transformer", "2309.16588"),
    ("vision_transformer", "vit_*", "vit", "transformer", "2010.11929"),
    ("vision_transformer_hybrid", "vit_*", "vit_hybrid", "hybrid", "2010.11929"),
    ("vision_transformer_relpos", "*", "vit_relpos", "transformer", None),
    ("volo", "*", "volo", "transformer", "2106.13112"),
    ("vovnet", "ese_*", "ese_vovnet", "CNN", "1911.06667"),
    ("xception", "*", "xception", "CNN", "1610.02357"),
    ("xception_aligned", "*", "xception_aligned", "CNN", "1802.02611"),
    ("xcit", "*", "xcit", "transformer", "2106.09681"),
))

#: Families without a paper, or whose kind is not what their name makes one expect: why.
EXCEPTIONS = {
    TEST_NETWORKS: "made for timm's own tests, of several kinds; no paper",
    "halobotnet": "timm's own mixtures of HaloNet (2103.12731), BoTNet (2101.11605) and LambdaNetworks (2102.08602)",
    "byob_resnet": "timm's own ResNets and ResNeXts of its block library; no paper is cited for them",
    "efficientnet_edgetpu": "published in a blog; timm cites an URL and no identifier",
    "efficientnet_lite": "published in a repository; timm cites no paper",
    "hgnet": "published in a repository; the paper that timm cites (2103.05959) is of the recipe of its weights",
    "hgnetv2": "published in a repository; the paper that timm cites (2103.05959) is of the recipe of its weights",
    "regnetv": "timm's own: RegNetY (2003.13678) with activation before the convolutions",
    "resnetv2_evonorm": "timm's own: ResNet V2 (1603.05027) with EvoNorm (2004.02967)",
    "vit_relpos": "timm's own: ViT (2010.11929) with relative positions as Swin V2 (2111.09883) has them",
    "fastvit_conv": "CNN: in these sizes of FastViT all four stages mix by convolutions (RepMixer), 2303.14189 table 1",
    "efficientvim": "other: mixes by the dual form of a state space model, 2411.15241",
    "focalnet": "CNN: what it calls focal modulation gathers its context by depth-wise convolutions, 2203.11926",
    "repvit": "CNN: a MobileNet with the layout of a ViT, 2307.09283",
    "mambaout": "CNN: Mamba's block without its state space model is a gated convolution, 2405.07992",
    "poolformer": "other: mixes by average pooling, 2111.11418",
    "poolformerv2": "other: mixes by average pooling, 2210.13452",
    "sequencer": "other: mixes by LSTMs, 2205.01972",
}


def family_of(module: str, architecture: str) -> Family | None:
    """None: the table has no row for it, so neither kind nor date is known."""
    return next((f for f in FAMILIES if f.holds(module, architecture)), None)
