"""What timm knows of its models and no table of results says: families, kinds, papers, pretraining, licences."""
