"""Random invoice lines in the form of Online Retail, and lines that are no sales or can't be read."""

from datetime import datetime, timedelta
from random import Random

from tests.lakehouse.refresh.arrivals import Row

FIRST = datetime(2025, 3, 1, 8, 26)
WORDS = ("TEA LIGHT", "Café crème mug", 'SIGN "HOME"', "BAG, RED", "", "лампа")


def invoices(random: Random) -> list[Row]:
    """Some dozens of invoices of few customers, each of some lines."""
    customers = [f"{17_000 + number}.0" for number in range(random.randint(2, 8))]
    return [line for number in range(random.randint(10, 40)) for line in _invoice(random, number, customers)]


def _invoice(random: Random, number: int, customers: list[str]) -> list[Row]:
    kind = random.choice(["", "", "", "", "C", "A"])
    at = FIRST + timedelta(days=random.randrange(280), minutes=random.choice([0, 0, random.randrange(600)]))
    customer = random.choice([*customers, *customers, ""])
    invoice = {
        "InvoiceNo": f"{kind}{536_000 + number}",
        "CustomerID": customer,
        "Country": random.choice(["United Kingdom", "France", "EIRE"]),
    }
    return [_line(random, invoice, at + timedelta(minutes=random.choice([0, 0, 0, 1]))) for _ in range(random.randint(1, 5))]


def _line(random: Random, invoice: Row, at: datetime) -> Row:
    quantity = random.randint(1, 24) * (-1 if invoice["InvoiceNo"].startswith("C") or random.random() < 0.05 else 1)
    code = str(20_000 + random.randrange(9))
    line = {
        "InvoiceNo": invoice["InvoiceNo"],
        "StockCode": code,
        "Description": random.choice([WORDS[int(code) % len(WORDS)], random.choice(WORDS)]),
        "Quantity": str(quantity),
        "InvoiceDate": f"{at:%Y-%m-%d %H:%M:%S}",
        "UnitPrice": random.choice(["2.55", "3.39", "0.0", "1e2", "7.123456", "12"]),
        "CustomerID": invoice["CustomerID"],
        "Country": invoice["Country"],
    }
    return line | random.choice(SPOILED) if random.random() < 0.06 else line


SPOILED: tuple[Row, ...] = (
    {"InvoiceDate": "01/12/2010 8:26"},
    {"InvoiceDate": "2011-02-30 10:00:00"},
    {"InvoiceNo": ""},
    {"StockCode": ""},
    {"Quantity": "two"},
    {"UnitPrice": "-5.00"},
    {"UnitPrice": "9999999999999.99"},
    {"InvoiceDate": "2040-01-01 00:00:00"},
)
