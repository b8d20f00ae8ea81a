"""The command that starts the application."""

from pathlib import Path


def app(
    run: list[str] | None = None,
    home: Path = Path("runs/studio"),
    database: str = "",
    show_customers: bool = False,
    address: str = "localhost",
    port: int = 8501,
    upload_mb: int = 8,
    upload_megapixels: int = 30,
) -> None:
    """Start the studio in the browser: for you, make it mine, explore, reader study, ablation, generate.

    Args:
        run: a finished run folder (garments, lesions, mammograms) to show; may be repeated. Without: a sample shop and
            phantoms, trained once into home.
        home: folder for the database, the sample models and what is precomputed.
        database: SQLAlchemy URL, for example postgresql://user:password@host/name; default: SQLite in home.
        show_customers: list the customers of a run by pseudonym; otherwise visitors and invented people only.
        address: where to listen; 0.0.0.0 lets other machines in, who may then see all that the pages show.
        port: where to listen.
        upload_mb: largest upload.
        upload_megapixels: largest picture that is decoded.
    """
    from medgan_fashion.studio.launch import launch
    from medgan_fashion.studio.settings import Settings

    settings = Settings(str(home), tuple(run or ()), database, show_customers, upload_mb, upload_megapixels)
    raise SystemExit(launch(settings, address, port))
