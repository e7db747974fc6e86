"""Names of feature sets that the report shows. They stand apart, so that the report does not depend on code of SVMs."""

ALL_VIEWS = "all_views"  # the set that has all views of several variants
VGG_FC = "VGG-FC"  # the paper's baseline
