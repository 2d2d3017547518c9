"""The targets that have something to do, as a matrix of jobs."""

from jetscale_cicd.model.plan import Plan

# Where GitHub reads the rows of a matrix of jobs (GitHub docs, "jobs.<job_id>.strategy.matrix.include").
_ROWS = "include"


def matrix(plan: Plan) -> dict[str, list[dict[str, object]]]:
    """A row for each target, after those that it needs: what a job has to know to deploy to it."""
    deploy = plan.deploy
    rows: list[dict[str, object]] = [
        {
            "target": target.name,
            "needs": list(target.needs),
            "namespace": target.namespace,
            "release": target.release,
            "engine": target.engine,
            "url": target.url,
            "version": str(deploy.version) if deploy else "",
            "tag": deploy.tag if deploy else "",
            "commit": plan.head,
        }
        for target in plan.to_do
    ]
    return {_ROWS: rows}
