"""Where Alembic runs the versions: on the connection that `database.open_database` hands over."""

from alembic import context

from medgan_fashion.studio.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
