"""Telling recipients: texts of templates, mail over SMTP, text messages through Twilio; and operators, by apprise."""
