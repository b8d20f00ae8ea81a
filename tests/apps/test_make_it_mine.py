"""Page 2: a garment of the shop and a photo, drawn, walked, refused."""

import io

import numpy as np
from PIL import Image

from medgan_fashion.studio.store.jobs import newest
from medgan_fashion.studio.store.pictures import find_pictures
from tests.apps.conftest import RUN, Studio, click, person_of, texts, unfold


def _photo(studio: Studio) -> bytes:
    items, buffer = studio.desk.workshop(RUN).opened.catalogue, io.BytesIO()
    Image.fromarray(np.array(items.images[0]).transpose(1, 2, 0)).resize((120, 120)).save(buffer, "JPEG")
    return buffer.getvalue()


def test_a_garment_of_the_shop_is_drawn_in_the_background(studio: Studio) -> None:
    page = click(studio.open("make_it_mine"), "This one")
    job = newest(studio.desk.engine, "restyle", RUN, person_of(page))
    assert job is not None
    assert job.open
    page = click(page, "This one", 1)  # only the newest is drawn
    newer = newest(studio.desk.engine, "restyle", RUN, person_of(page))
    assert newer is not None
    assert newer.id != job.id
    studio.work()
    assert {p.job for p in find_pictures(studio.desk.engine, person_of(page), RUN)} == {newer.id}
    page = studio.open("make_it_mine", me=person_of(page))
    assert not page.exception
    assert "of the garment's outline" in texts(page)
    assert any(word in texts(page) for word in ("closest we can draw", "This is near this garment", "Sorry, we cannot"))


def test_a_photo_is_kept_as_pixels_used_and_deleted(studio: Studio) -> None:
    page = unfold(studio.open("make_it_mine"), "whose", "Your own photo")
    page = page.file_uploader[0].set_value(("../../etc/passwd<b>.jpg", _photo(studio), "image/jpeg")).run()
    assert not page.exception
    mine = find_pictures(studio.desk.engine, person_of(page), RUN)
    assert [picture.op for picture in mine] == ["photo"]
    page = click(page, "Use this photo")
    studio.work()
    page = page.run()
    assert not page.exception
    page = click(page, "Delete this photo")
    assert "photo" not in [p.op for p in find_pictures(studio.desk.engine, person_of(page), RUN)]
    page = page.file_uploader[0].set_value(("shirt.jpg", _photo(studio), "image/jpeg")).run()  # the same one again
    assert [p.op for p in find_pictures(studio.desk.engine, person_of(page), RUN)].count("photo") == 1
    page = click(page, "Delete this photo")
    page = studio.open("make_it_mine", me=person_of(page))
    assert "The photo was deleted" in texts(page)


def test_what_is_no_picture_is_refused_in_a_sentence(studio: Studio) -> None:
    page = unfold(studio.open("make_it_mine"), "whose", "Your own photo")
    page = page.file_uploader[0].set_value(("shirt.png", b"<?php system($_GET['c']); ?>", "image/png")).run()
    assert not page.exception
    assert "Sorry, this file cannot be used, it is not a picture" in texts(page)
    assert find_pictures(studio.desk.engine, person_of(page), RUN) == []
