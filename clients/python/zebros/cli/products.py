"""`zebros products ...`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zebros.cli.options import (
    Clear,
    Everything,
    Limit,
    Tags,
    UserFields,
    Version,
    amount,
    custom_values,
    examples,
    given,
    one_of,
    patch_of,
    taken,
)
from zebros.cli.output import JsonFlag, ProfileName, money
from zebros.cli.record_commands import RecordKind, add_record_commands, common_pairs, page_size
from zebros.cli.runtime import connect

if TYPE_CHECKING:
    from zebros.models import Product

app = typer.Typer(help="What you sell.", no_args_is_help=True)

ProductId = Annotated[str, typer.Argument(metavar="PRODUCT", help="The product's id.", show_default=False)]
Series = Annotated[str | None, typer.Option(help="The family that it belongs to.")]
Price = Annotated[str | None, typer.Option("--price", help="Of one.")]
Currency = Annotated[str | None, typer.Option(help="Of the price, such as EUR.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    sort: Annotated[str | None, typer.Option(help="name or -createdAt.")] = None,
    limit: Limit = 50,
    everything: Everything = False,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """List products."""
    ctx.meta["zebros.json"] = json
    one_of(sort, ("name", "-createdAt"), "--sort")
    with connect(ctx, profile) as client:
        found = client.products.list(
            sort=sort,  # pyright: ignore[reportArgumentType]
            page_size=page_size(limit, everything),
        )
        empty = "No products yet. Add one: zebros products create NAME --price 100 --currency EUR"
        KIND.print_many(taken(found, limit, everything), json, empty)


@app.command(
    epilog=examples("zebros products create 'Cargo bike' --series Bikes --price 4800 --currency EUR")
)
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The product's name.", show_default=False)],
    series: Series = None,
    price: Price = None,
    currency: Currency = None,
    external_id: Annotated[str | None, typer.Option(help="Its id in another system.")] = None,
    tag: Tags = None,
    custom: UserFields = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Create a product."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        fields: dict[str, Any] = {
            "series": series,
            "unit_price": amount(price, "--price"),
            "currency": currency,
            "external_id": external_id,
            "tags": tag,
            "custom": custom_values(client, "product", custom),
        }
        KIND.print_one(client.products.create(name=name, **given(fields)), json)


@app.command(
    epilog=examples(
        "zebros products update PRODUCT --price 5100", "zebros products update PRODUCT --inactive"
    )
)
def update(
    ctx: typer.Context,
    product: ProductId,
    name: Annotated[str | None, typer.Option()] = None,
    series: Series = None,
    price: Price = None,
    currency: Currency = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether it is still sold.")
    ] = None,
    tag: Tags = None,
    custom: UserFields = None,
    clear: Clear = None,
    version: Version = None,
    profile: ProfileName = None,
    json: JsonFlag = False,
) -> None:
    """Change fields of a product; what is not named stays. Opportunities keep the price that they have."""
    ctx.meta["zebros.json"] = json
    with connect(ctx, profile) as client:
        changes = patch_of(
            {
                "name": name,
                "series": series,
                "unit_price": amount(price, "--price"),
                "currency": currency,
                "active": active,
                "tags": tag,
                "custom": custom_values(client, "product", custom),
            },
            clear,
        )
        KIND.print_one(client.products.patch(product, changes, version=version), json)


def _pairs(product: Product) -> list[tuple[str, object]]:
    return [
        ("id", product.id),
        ("name", product.name),
        ("series", product.series),
        ("price", money(product.unit_price, product.currency)),
        ("active", product.active),
        *common_pairs(product),
    ]


KIND: RecordKind[Product] = RecordKind(
    noun="product",
    group="products",
    collection=lambda client: client.products,
    columns={
        "id": lambda each: each.id,
        "name": lambda each: each.name,
        "series": lambda each: each.series,
        "price": lambda each: money(each.unit_price, each.currency),
        "active": lambda each: "yes" if each.active else "no",
    },
    pairs=_pairs,
    numbers=("price",),
)
add_record_commands(app, KIND)
