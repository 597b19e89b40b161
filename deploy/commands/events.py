"""`dijous events`: print the catalogue of events."""

import click


@click.command()
def events() -> None:
    """Print the catalogue of events as Markdown: who publishes each, who handles it, subject, schema, samples.

    \b
    Example:
      dijous events > docs/events.md
    """
    from deploy.event_catalogue import render_catalogue
    from deploy.topology import consumers

    click.echo(render_catalogue(consumers()), nl=False)
