"""The signed-in page: what Slack may not see, and the worklist when Slack is down. Plain HTML and one style sheet, no script."""
