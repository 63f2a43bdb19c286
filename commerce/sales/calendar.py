"""Which days a period holds."""

from datetime import date

from .schemas import Period


def named(period: Period, today: date) -> tuple[date, date]:
    """First and last day."""
    monday, first = days_before(today, today.weekday()), today.replace(day=1)
    yesterday, before = days_before(today, 1), days_before(first, 1)
    return {
        "today": (today, today),
        "yesterday": (yesterday, yesterday),
        "this_week": (monday, today),
        "last_week": (days_before(monday, 7), days_before(monday, 1)),
        "this_month": (first, today),
        "last_month": (before.replace(day=1), before),
        "this_year": (first.replace(month=1), today),
    }[period]


def days_before(day: date, days: int) -> date:
    """The calendar begins with the year 1."""
    return date.fromordinal(max(1, day.toordinal() - days))
