"""Filling a shop from readable files: `shop.yaml` and `products/*.yaml` of a folder."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from .accounts import passwords
from .accounts.records import AccountRow, AddressRow
from .accounts.schemas import AddAddress, Email
from .catalog.indexing import reindex
from .catalog.records import CategoryRow, ProductRow, VariantRow
from .checkout.records import DeliveryOptionRow, DeliveryRateRow, TaxRateRow
from .checkout.tax import region_key
from .context import ANONYMOUS, Context
from .coupons.records import CouponRow
from .database import Record, retrying
from .ids import Sku, Slug
from .inventory.moves import receive
from .inventory.records import StockRow
from .listings.writing import note_prices
from .merchants.records import MerchantRow
from .money import minor_units
from .payments.records import PaymentMethodRow
from .shop import Shop

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The fast one where PyYAML was built with it."""
DEMO = Path(__file__).parent / "demo"

Price = Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,3})?$")]
"""A decimal in quotes: `"12.99"`; a bare 12.99 would be a float."""


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class CategoryFile(Row):
    category: Slug
    name: str
    names: dict[str, str]
    keywords: list[str]


class MerchantFile(Row):
    merchant: Slug
    name: str
    names: dict[str, str]
    sells: list[Slug]
    """Categories whose products are this merchant's."""


class DeliveryRateFile(Row):
    country: str = Field(pattern="^[A-Z]{2}$")
    region: str = ""
    price: Price | None = None
    """Left out: it does not go there."""
    free_from: Price | None = None


class TaxRateFile(Row):
    name: str
    country: str = Field(pattern="^[A-Z]{2}$")
    region: str = ""
    category: Slug | Literal[""] = ""
    percent: Price
    on_delivery: bool = False


class DeliveryOptionFile(Row):
    delivery_option: Slug
    name: str
    names: dict[str, str]
    price: Price
    free_from: Price | None = None
    min_days: int
    max_days: int
    everywhere: bool = True
    rates: list[DeliveryRateFile] = Field(default_factory=list)


def _known_moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


KnownMoment = Annotated[str, AfterValidator(_known_moment)]


class CouponFile(Row):
    coupon: str
    name: str
    names: dict[str, str]
    kind: Literal["percent_off", "amount_off"]
    percent: int | None = Field(None, ge=1, le=100)
    amount: Price | None = None
    minimum: Price = "0"
    max_discount: Price | None = None
    merchant: Slug | None = None
    category: Slug | None = None
    product: Slug | None = None
    stackable: bool = False
    uses: int = Field(ge=0)
    uses_per_shopper: int = Field(ge=1)
    claim_required: bool = False
    claimable: int | None = Field(None, ge=1)
    claim_until: KnownMoment | None = None
    valid_until: KnownMoment | None = None


class CustomerFile(Row):
    email: Email
    name: str
    password: str
    merchant: Slug | None = None
    """Whom the account works for; left out for a customer."""
    addresses: list[AddAddress]
    payment_methods: list[str]


class ShopFile(Row):
    currency: str
    categories: list[CategoryFile]
    merchants: list[MerchantFile] = Field(min_length=1)
    delivery_options: list[DeliveryOptionFile]
    taxes: list[TaxRateFile] = Field(default_factory=list)
    coupons: list[CouponFile]
    words: dict[str, dict[str, str]]
    customers: list[CustomerFile] = Field(default_factory=list)


class VariantFile(Row):
    sku: Sku
    attributes: dict[str, str]
    price: Price
    stock: int = Field(ge=0)


class ProductFile(Row):
    product: Slug
    name: str
    names: dict[str, str]
    brand: str
    description: str
    descriptions: dict[str, str]
    keywords: list[str]
    free_shipping: bool = False
    variants: list[VariantFile] = Field(min_length=1)


class Seeds(NamedTuple):
    """A folder, read and checked."""

    shop: ShopFile
    products: list[tuple[str, ProductFile]]
    """Each with its category: the name of the file that it stands in."""


def read_seeds(folder: Path = DEMO) -> Seeds:
    """Reads a folder; raises ValueError when it is not as it must be."""
    shop = ShopFile.model_validate(_load(folder / "shop.yaml"))
    files = sorted((folder / "products").glob("*.yaml"))
    return Seeds(shop, [(file.stem, ProductFile.model_validate(entry)) for file in files for entry in _load(file)])


def _load(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 (one of the two safe ones)


async def seed(shop: Shop, seeds: Seeds) -> dict[str, int]:
    """Makes what is missing and brings prices and texts up to date; says how many of each were new.

    Stock, accounts and coupon counts that exist are left as they are, so it can run again over a shop in use.
    """
    if seeds.shop.currency != shop.settings.currency:
        raise ValueError(f"the files are in {seeds.shop.currency}, the shop sells in {shop.settings.currency}")
    hashes = {c.email: await passwords.hashed(c.password) for c in await _missing_customers(shop, seeds)}
    labels = {token: await shop.gateway.attach(token) for c in seeds.shop.customers for token in c.payment_methods}
    return await retrying(lambda: _seed(shop, seeds, hashes, {t: m.label for t, m in labels.items() if m}))


async def is_empty(shop: Shop) -> bool:
    """Whether nothing is sold here yet."""
    async with Context(shop, ANONYMOUS).reading() as ctx:
        return await ctx.value(select(col(ProductRow.slug)).limit(1)) is None


async def _missing_customers(shop: Shop, seeds: Seeds) -> list[CustomerFile]:
    async with Context(shop, ANONYMOUS).reading() as ctx:
        known = {
            row.email for row in await ctx.rows(select(col(AccountRow.email)).where(col(AccountRow.email).is_not(None)))
        }
    return [c for c in seeds.shop.customers if c.email not in known]


async def _seed(shop: Shop, seeds: Seeds, hashes: dict[str, str], labels: dict[str, str]) -> dict[str, int]:
    files = seeds.shop
    cents = lambda text: None if text is None else minor_units(text, shop.settings.currency)  # noqa: E731
    variants = _variants(seeds, cents)
    async with Context(shop, ANONYMOUS).writing() as ctx:
        made = {
            "merchants": await _put(ctx, MerchantRow, "slug", _merchants(files), {"created_at": ctx.now}),
            "categories": await _put(ctx, CategoryRow, "slug", _categories(files), {}),
            "delivery options": await _put(ctx, DeliveryOptionRow, "slug", _delivery_options(files, cents), {}),
            "coupons": await _put(ctx, CouponRow, "code", _coupons(files, cents), {"used": 0, "claimed": 0}),
            "products": await _put(ctx, ProductRow, "slug", _products(seeds), {"created_at": ctx.now} | NEW_PRODUCT),
            "variants": await _put(ctx, VariantRow, "sku", variants, {"on_sale": True}),
        }
        await _put_rates(ctx, files, cents)
        stocked = {row.sku for row in await ctx.rows(select(col(StockRow.sku)))}
        await receive(ctx, {v.sku: v.stock for _, p in seeds.products for v in p.variants if v.sku not in stocked})
        await note_prices(ctx, {sku: facts["price"] for sku, facts in variants.items()})
        await reindex(ctx, [product.product for _, product in seeds.products])
        for customer in files.customers:
            if customer.email in hashes:
                await _write_customer(ctx, customer, hashes[customer.email], labels)
        return made | {"customers": len(hashes)}


NEW_PRODUCT = {"lowest_price": 0, "sold": 0, "name_length": 0, "on_sale": True, "listed": False}
Facts = dict[str, dict[str, Any]]
"""Columns by key."""
Cents = Callable[[str | None], int | None]


async def _put(ctx: Context, table: type[Record], key: str, wanted: Facts, new: dict[str, Any]) -> int:
    """Inserts what is missing and updates what differs; says how many were new."""
    column = col(getattr(table, key))
    held = {getattr(row, key): row for row in await ctx.rows(select(table))}
    fresh = [{key: value} | facts | new for value, facts in wanted.items() if value not in held]
    if fresh:
        await ctx.db.execute(insert(table), fresh)
    for value, facts in wanted.items():
        if value in held and any(getattr(held[value], name) != fact for name, fact in facts.items()):
            await ctx.run(update(table).where(column == value).values(**facts))
    return len(fresh)


def _categories(files: ShopFile) -> Facts:
    return {c.category: c.model_dump(exclude={"category"}) | {"position": i} for i, c in enumerate(files.categories)}


def _merchants(files: ShopFile) -> Facts:
    return {m.merchant: {"name": m.name, "names": m.names} for m in files.merchants}


def _delivery_options(files: ShopFile, cents: Cents) -> Facts:
    return {
        d.delivery_option: d.model_dump(exclude={"delivery_option", "rates"})
        | {"price": cents(d.price), "free_from": cents(d.free_from), "position": i}
        for i, d in enumerate(files.delivery_options)
    }


async def _put_rates(ctx: Context, files: ShopFile, cents: Cents) -> None:
    """Rates of the options in the files are those of the files; other options and taxes stay as they are."""
    slugs = [d.delivery_option for d in files.delivery_options]
    await ctx.run(delete(DeliveryRateRow).where(col(DeliveryRateRow.delivery_option).in_(slugs)))
    rates = [
        {"delivery_option": d.delivery_option, "country": rate.country, "region": region_key(rate.region)}
        | {"price": cents(rate.price), "free_from": cents(rate.free_from)}
        for d in files.delivery_options
        for rate in d.rates
    ]
    if rates:
        await ctx.db.execute(insert(DeliveryRateRow), rates)
    for tax in files.taxes:
        place = {"country": tax.country, "region": region_key(tax.region), "category": tax.category}
        same = [col(getattr(TaxRateRow, name)) == value for name, value in place.items()]
        facts = {"name": tax.name, "basis_points": minor_units(tax.percent, "USD"), "on_delivery": tax.on_delivery}
        await ctx.run(delete(TaxRateRow).where(*same))
        await ctx.run(insert(TaxRateRow).values(**place, **facts))


def _coupons(files: ShopFile, cents: Cents) -> Facts:
    return {
        c.coupon: c.model_dump(exclude={"coupon"})
        | {"amount": cents(c.amount), "minimum": cents(c.minimum), "max_discount": cents(c.max_discount)}
        | {"valid_until": _moment(c.valid_until), "claim_until": _moment(c.claim_until)}
        for c in files.coupons
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _products(seeds: Seeds) -> Facts:
    sellers = {category: m.merchant for m in seeds.shop.merchants for category in m.sells}
    return {
        p.product: p.model_dump(exclude={"product", "variants"})
        | {"category": category, "merchant": sellers.get(category, seeds.shop.merchants[0].merchant)}
        for category, p in seeds.products
    }


def _variants(seeds: Seeds, cents: Cents) -> Facts:
    words = seeds.shop.words
    return {
        v.sku: {
            "product": p.product,
            "attributes": v.attributes,
            "labels": {language: _labels(v.attributes, known) for language, known in words.items()},
            "price": cents(v.price),
            "position": position,
            "deleted_at": None,
        }
        for _, p in seeds.products
        for position, v in enumerate(p.variants)
    }


def _labels(attributes: dict[str, str], known: dict[str, str]) -> dict[str, str]:
    return {known.get(name, name): known.get(value, value) for name, value in attributes.items()}


async def _write_customer(ctx: Context, entry: CustomerFile, password_hash: str, labels: dict[str, str]) -> None:
    account = ctx.new_id("acc")
    row = {"id": account, "email": entry.email, "name": entry.name, "created_at": ctx.now}
    role = {"role": "merchant" if entry.merchant else "customer", "merchant": entry.merchant}
    await ctx.run(insert(AccountRow).values(**row, **role, password_hash=password_hash))
    common = {"account": account, "created_at": ctx.now}
    for i, address in enumerate(entry.addresses):
        facts = address.model_dump(exclude={"default"}) | {"id": ctx.new_id("adr"), "is_default": i == 0}
        await ctx.run(insert(AddressRow).values(**facts, **common))
    for i, token in enumerate(entry.payment_methods):
        method = {"id": ctx.new_id("pm"), "token": token, "label": labels[token], "is_default": i == 0}
        await ctx.run(insert(PaymentMethodRow).values(**method, **common))
