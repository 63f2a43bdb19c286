"""What a session's owner recognises it by: "Firefox on Linux", read from what the client says of itself."""

BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "MicroMessenger/": "WeChat",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
"""The more particular first: nearly all of them also claim to be Safari."""
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
LONGEST = 80
UNKNOWN = "Unknown device"


def device_of(user_agent: str) -> str:
    browser = next((name for mark, name in BROWSERS.items() if mark in user_agent), None)
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), None)
    if browser and system:
        return f"{browser} on {system}"
    program = "".join(c for c in user_agent.split("/")[0] if c.isprintable()).strip()
    return browser or system or program[:LONGEST] or UNKNOWN
