"""The phone: one person's WeChat, drawn in the browser, and the JSON it lives on."""
