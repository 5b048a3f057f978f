"""`superset prepare`: Superset's own tables and permissions, its administrator, and a viewer with read-only access.

One command, as each start of Superset takes ten seconds. Passwords come from the environment, never from the command line;
a changed password replaces the previous one.
"""

import os

import click
from flask.cli import with_appcontext

VIEWER_ROLE = "Viewer"
# Grants the datasets, once dashboards are imported.
DATA_ROLE = "All data"
# Permissions for opening, filtering and exporting a dashboard.
VIEWING = {
    "Dashboard": ("can_read", "can_view_chart_as_table", "can_view_query", "can_drill"),
    "Chart": ("can_read", "can_export"),
    "Dataset": ("can_read", "can_get_drill_info"),
    "Superset": ("can_dashboard", "can_explore_json", "can_csv", "can_slice", "can_log", "can_dashboard_permalink"),
    "DashboardFilterStateRestApi": ("can_read", "can_write"),
    "DashboardPermalinkRestApi": ("can_read", "can_write"),
    "ExploreFormDataRestApi": ("can_read",),
    "CurrentUserRestApi": ("can_read",),
    # The token that every POST to the API needs.
    "SecurityRestApi": ("can_read",),
    "UserDBModelView": ("can_userinfo", "resetmypassword"),
    "ResetMyPasswordView": ("can_this_form_get", "can_this_form_post"),
    "Theme": ("can_read",),
    "Tag": ("can_read",),
    "CssTemplate": ("can_read",),
    "Api": ("can_time_range", "can_query_form_data"),
    "Dashboards": ("menu_access",),
}


@click.command("prepare")
@with_appcontext
def prepare() -> None:
    """Migrate the database and update permissions and users."""
    from flask_migrate import upgrade
    from superset import appbuilder, security_manager

    upgrade()
    appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()
    admin = security_manager.find_role("Admin")
    viewer = _viewer_role(security_manager)
    data = security_manager.add_role(DATA_ROLE)
    for name, roles in (("admin", [admin]), ("viewer", [viewer, data])):
        _account(security_manager, name, roles, _password(name))
    click.echo("superset: users admin and viewer exist")


def _password(name: str) -> str:
    variable = f"SUPERSET_{name.upper()}_PASSWORD"
    if not os.environ.get(variable):
        raise click.ClickException(f"the environment variable {variable} is not set")
    return os.environ[variable]


def _viewer_role(manager):  # type: ignore[no-untyped-def]
    """The role with exactly the permissions for read-only access."""
    from superset import db

    role = manager.add_role(VIEWER_ROLE)
    wanted = [(permission, view) for view, permissions in VIEWING.items() for permission in permissions]
    found = [manager.find_permission_view_menu(permission, view) for permission, view in wanted]
    role.permissions = [permission for permission in found if permission is not None]
    db.session.commit()
    return role


def _account(manager, name: str, roles, password: str) -> None:  # type: ignore[no-untyped-def]
    from werkzeug.security import check_password_hash

    user = manager.find_user(name)
    if user is None:
        manager.add_user(name, name.capitalize(), "Lakehouse", f"{name}@localhost", roles, password=password)
    elif not check_password_hash(user.password, password):
        manager.reset_password(user.id, password)
