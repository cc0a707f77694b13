"""What an organisation is set to, one service an area: `app.py organisation apply` and the settings in Slack both go through here."""
