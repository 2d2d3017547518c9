"""Ingresses: a controller that publishes no address never gives one, so that gitops-engine alone waits for it."""

from jetscale_cicd.decide.fields import Object, parts
from jetscale_cicd.decide.objects.judgement import Judgement, ready
from jetscale_cicd.decide.objects.snapshot import Snapshot


def judge(thing: Object, _: Snapshot) -> Judgement:
    """It is there; that no controller gave it an address is said."""
    return ready("" if parts(thing, "status", "loadBalancer", "ingress") else "it has no address (yet)")
