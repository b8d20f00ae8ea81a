from pathlib import Path

import numpy as np
import pytest

from medgan_fashion.base.plain import from_plain, to_plain
from medgan_fashion.fashion.config import CatalogueConfig
from medgan_fashion.fashion.data.catalogue import Catalogue, hold_out, join_styles, read_catalogue
from tests.fashion.door_tables import draw, write

PHOTOS = {"images": "photos", "suffix": ".png", "size": 16, "hold_out": 0.0}
HEAD = "item,image,category\n"


def read(table: Path, **changes: object) -> tuple[Catalogue, list[str]]:
    catalogue, problems = read_catalogue(table, from_plain(CatalogueConfig, {**PHOTOS, **changes}))
    return catalogue, [str(problem) for problem in problems]


def test_a_plain_table(tmp_path: Path) -> None:
    catalogue, problems = read(write(tmp_path, HEAD + "007,1,tops\n8,2.png,shoes\n0010,3,tops\n"))
    assert catalogue.items == ("007", "8", "0010")
    assert catalogue.categories == ("shoes", "tops")
    assert catalogue.category.tolist() == [1, 0, 1]
    assert catalogue.style.tolist() == [0, 1, 2]
    assert catalogue.images.shape == (3, 3, 16, 16)
    assert catalogue.images[0, :, 8, 8].tolist() == [37, 91, 40]
    assert np.isnan(catalogue.price).all()
    assert catalogue.attributes == {}
    assert not problems


def test_paths_are_relative_to_the_table_by_default(tmp_path: Path) -> None:
    table = write(tmp_path, HEAD + "1,photos/1.png,tops\n2,photos/2.png,shoes\n")
    assert len(read(table, images=None, suffix="")[0]) == 2


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_mapped_columns_and_attributes(delimiter: str, tmp_path: Path) -> None:
    rows = [
        "id,kind,colour,year,cost,left",
        "01,tops,red,2011,9.5,3",
        "02,tops,,2012,'12,50',0",
        "03,hats,blue,,free,-1",
    ]
    text = "\n".join(rows).replace(",", delimiter).replace(f"12{delimiter}50", "12,50").replace("'", '"')
    table = write(tmp_path, "\ufeff" + text + "\n")
    columns = {"item": "id", "image": "id", "category": "kind", "price": "cost", "stock": "left"}
    for number in (1, 2, 3):
        draw(tmp_path / "photos" / f"0{number}.png", number)
    catalogue, problems = read(table, columns=columns)
    assert catalogue.attributes == {"colour": ("red", "", "blue")}
    np.testing.assert_array_equal(catalogue.price, [9.5, 12.5, np.nan])
    np.testing.assert_array_equal(catalogue.stock, [3, 0, np.nan])
    assert problems == [
        "row 3, item '03': price 'free' is no number: taken as unknown",
        "row 3, item '03': stock '-1' is not 0 or more: taken as unknown",
    ]
    assert read(table, columns=columns, attributes=["year"])[0].attributes == {"year": ("2011", "2012", "")}
    with pytest.raises(ValueError, match=r"no column 'size'.*catalogue\.attributes"):
        read(table, columns=columns, attributes=["size"])


def test_parquet_numbers_become_text(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    write(tmp_path, "")
    columns = {"item": [10000, None, 7], "image": [1.0, 2.0, 3.0], "category": ["tops", "hats", "hats"]}
    parquet.write_table(pa.table(columns), tmp_path / "shop.parquet")
    with pytest.raises(ValueError, match=r"1 of 3 items of shop.parquet cannot be used: row 2: no item ID"):
        read(tmp_path / "shop.parquet")
    assert read(tmp_path / "shop.parquet", skip_unreadable=True)[0].items == ("10000", "7")
    columns["item"] = ["007", "08", "9"]
    parquet.write_table(pa.table(columns), tmp_path / "shop.parquet")
    assert read(tmp_path / "shop.parquet")[0].items == ("007", "08", "9")
    (tmp_path / "shop.parquet").write_bytes(b"PAR1 no table")
    with pytest.raises(ValueError, match="no Parquet file"):
        read(tmp_path / "shop.parquet")
    with pytest.raises(ValueError, match="does not exist"):
        read(tmp_path / "none.parquet")


def test_several_images_of_one_item(tmp_path: Path) -> None:
    table = write(
        tmp_path, HEAD.replace("\n", ",main\n") + "a,1,tops,0\na,2,tops,1\na,3,hats,true\nb,4|5,hats,\nb,4|5,hats,\n"
    )
    catalogue, problems = read(table)
    assert catalogue.items == ("a", "b")
    assert catalogue.images[:, :, 8, 8].tolist() == [[74, 182, 40], [148, 108, 40]]
    assert [catalogue.categories[c] for c in catalogue.category] == ["tops", "hats"]
    assert problems == [
        "row 5, item 'b': same item and picture as row 4",
        "row 3, item 'a': category 'hats' here and 'tops' in row 2, which holds the main picture and counts",
    ]


def test_styles_are_held_out_whole(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i},{'tops' if i % 2 else 'hats'},s{i % 20}\n" for i in range(1, 41))
    catalogue, _ = read(write(tmp_path, HEAD.replace("\n", ",style\n") + rows, 40), hold_out=0.5)
    assert len(set(catalogue.style.tolist())) == 20
    for style in range(20):
        assert len(set(catalogue.held_out[catalogue.style == style].tolist())) == 1
    assert 0 < catalogue.held_out.mean() < 1


def test_one_picture_is_one_style() -> None:
    images = np.zeros((5, 3, 8, 8), dtype=np.uint8)
    images[[1, 4]] = 7
    images[3] = 9
    # 0 and 2 look alike, and so do 1 and 4; "a" joins 0 and 1
    style, joined = join_styles(["a", "a", "b", "c", "d"], images)
    assert style.tolist() == [0, 0, 0, 1, 0]
    assert joined == [[0, 2], [1, 4]]
    out = hold_out(["a", "a", "b", "c", "d"], style, 0.5, 0)
    assert len(set(out[[0, 1, 2, 4]].tolist())) == 1


def test_identical_pictures_are_told(tmp_path: Path) -> None:
    catalogue, problems = read(write(tmp_path, HEAD + "a,1,tops\nb,2,hats\nc,1,tops\n"))
    assert catalogue.style.tolist() == [0, 1, 0]
    assert problems == [
        "item 'a': the same picture as 'c': all of them are one style now, so that none leaks into the hold-out"
    ]


BAD = HEAD + "a,1,tops\nb,,tops\nc,99,hats\nd,2,\ne,3,hats\n"


def test_unusable_items_stop_or_are_left_out(tmp_path: Path) -> None:
    table = write(tmp_path, BAD)
    message = (
        r"3 of 5 items of shop.csv cannot be used: row 2, item 'b': no picture .*; row 3, item 'c': the file does "
    )
    with pytest.raises(ValueError, match=message + r".*row 4, item 'd': no category.*skip_unreadable=true"):
        read(table)
    catalogue, problems = read(table, skip_unreadable=True)
    assert catalogue.items == ("a", "e")
    assert catalogue.categories == ("hats", "tops")
    assert [line.split(":")[0] for line in problems] == ["row 2, item 'b'", "row 3, item 'c'", "row 4, item 'd'"]
    with pytest.raises(ValueError, match="2 of 2 items"):
        read(write(tmp_path, HEAD + "b,,tops\nc,99,tops\n"), skip_unreadable=True)


def test_one_category_and_small_ones(tmp_path: Path) -> None:
    table = write(tmp_path, HEAD + "a,1,tops\nb,2,tops\nc,3,hats\n")
    catalogue, problems = read(table, min_category=2, hold_out=1e-9)
    assert catalogue.categories == ("tops",)
    assert catalogue.images.shape[0] == 2
    assert problems == [
        "category 'hats' has 1 items, fewer than 2: left out",
        "one category only ('tops'): nothing can be conditioned on it",
        "no style fell into the hold-out of 1e-09: no cold items",
    ]
    with pytest.raises(ValueError, match=r"no category of shop.csv has 3 items"):
        read(table, min_category=3)


def test_missing_columns(tmp_path: Path) -> None:
    table = write(tmp_path, "id,image,kind\n1,1,tops\n")
    cure = r"has no column 'item', it has id, image, kind: .*--set catalogue\.columns\.item=COLUMN"
    with pytest.raises(ValueError, match=cure):
        read(table)
    with pytest.raises(ValueError, match=r"no column 'cost'.*columns\.price"):
        read(table, columns={"item": "id", "category": "kind", "price": "cost"})
    with pytest.raises(ValueError, match=r"catalogue\.columns has 'name'"):
        read(table, columns={"name": "id"})


def test_the_configuration_is_plain_data() -> None:
    config = CatalogueConfig(columns={"item": "id"}, attributes=("colour",), images="photos", suffix=".jpg")
    assert from_plain(CatalogueConfig, to_plain(config)) == config
    for wrong in ({"size": 4}, {"hold_out": 1.0}, {"min_category": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            from_plain(CatalogueConfig, wrong)


def test_real_tables(shared_data: Path) -> None:
    config = CatalogueConfig(size=16, columns={"item": "image", "category": "label"}, images="images", suffix=".jpg")
    catalogue, problems = read_catalogue(shared_data / "clothing_by_sender" / "images.csv", config)
    assert len(catalogue) == 396
    assert len(catalogue.categories) == 17
    assert not problems
    assert 0.05 < catalogue.held_out.mean() < 0.2
