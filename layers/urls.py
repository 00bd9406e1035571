"""The pages, by URL."""

from django.urls import path, register_converter

from layers.converters import ContainerConverter, DigestConverter
from layers.views import (
    accounts,
    commits,
    compare,
    compare_file,
    compare_sides,
    container_actions,
    container_downloads,
    container_edits,
    container_files,
    container_uploads,
    container_write,
    containers,
    details,
    dockerfiles,
    downloads,
    files,
    history_compare,
    images,
    imports,
    packages,
    rail,
    raw,
    rebuilt,
    sessions,
    upload,
    upload_parts,
    workspace,
)

register_converter(DigestConverter, "digest")
register_converter(ContainerConverter, "container")

app_name = "layers"
urlpatterns = [
    path("", images.image_list, name="image-list"),
    path("login/", sessions.log_in, name="login"),
    path("logout/", sessions.log_out, name="logout"),
    path("account/", accounts.own_account, name="account"),
    path("account/tokens/", accounts.token_create, name="token-create"),
    path("account/tokens/<int:token_id>/delete/", accounts.token_delete, name="token-delete"),
    path("accounts/", accounts.account_list, name="account-list"),
    path("accounts/create/", accounts.account_create, name="account-create"),
    path("accounts/<str:name>/", accounts.account_change, name="account-change"),
    path("audit/", accounts.audit, name="audit"),
    path("images/<digest:digest>/share/", accounts.image_share, name="image-share"),
    path("import/", imports.import_create, name="import-create"),
    path("upload/", upload.upload, name="upload"),
    path("uploads/", upload_parts.upload_create, name="upload-create"),
    path("uploads/<uuid:job_id>/", upload_parts.upload_part, name="upload-part"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/<uuid:job_id>/", imports.import_detail, name="import-detail"),
    path("imports/<uuid:job_id>/cancel/", imports.import_cancel, name="import-cancel"),
    path("images/<digest:digest>/", images.image_detail, name="image-detail"),
    path("images/<digest:digest>/rows/", images.image_rows, name="image-rows"),
    path("images/<digest:digest>/history/", details.image_history, name="image-history"),
    path("images/<digest:digest>/dockerfile/", rebuilt.image_dockerfile, name="image-dockerfile"),
    path(
        "images/<digest:digest>/dockerfile/download/", rebuilt.dockerfile_download, name="dockerfile-download"
    ),
    path("images/<digest:digest>/config/", details.image_config, name="image-config"),
    path("images/<digest:digest>/packages/", packages.image_packages, name="image-packages"),
    path("images/<digest:digest>/packages/download/", packages.packages_download, name="packages-download"),
    path("images/<digest:digest>/file/", files.image_file, name="image-file"),
    path("images/<digest:digest>/raw/", raw.image_raw, name="image-raw"),
    path("images/<digest:digest>/save/", downloads.image_save, name="image-save"),
    path(
        "images/<digest:digest>/layers/<int:position>/download/",
        downloads.layer_download,
        name="layer-download",
    ),
    path("images/<digest:digest>/tree/download/", downloads.tree_download, name="tree-download"),
    path(
        "images/<digest:digest>/documents/<digest:named>/",
        downloads.document_download,
        name="document-download",
    ),
    path("save/", downloads.images_save, name="images-save"),
    path("containers/", containers.container_list, name="container-list"),
    path("containers/create/", containers.container_create, name="container-create"),
    path("containers/<container:container_id>/", workspace.container_detail, name="container-detail"),
    path("containers/<container:container_id>/rows/", workspace.container_rows, name="container-rows"),
    path(
        "containers/<container:container_id>/export/",
        container_downloads.container_export,
        name="container-export",
    ),
    path(
        "containers/<container:container_id>/tree/download/",
        container_downloads.container_tree_download,
        name="container-tree-download",
    ),
    path("compare/", compare.compare, name="compare"),
    path("compare/file/", compare_file.compare_file, name="compare-file"),
    path("compare/choices/", compare_sides.compare_choices, name="compare-choices"),
    path("containers/<container:container_id>/commit/", commits.container_commit, name="container-commit"),
    path(
        "containers/<container:container_id>/commit/preview/", commits.commit_preview, name="commit-preview"
    ),
    path(
        "containers/<container:container_id>/dockerfile/",
        dockerfiles.container_dockerfile,
        name="container-dockerfile",
    ),
    path(
        "containers/<container:container_id>/dockerfile/context/",
        dockerfiles.container_context,
        name="container-context",
    ),
    path("history/compare/", history_compare.history_compare, name="history-compare"),
    path("containers/<container:container_id>/fresh/", workspace.container_fresh, name="container-fresh"),
    path("containers/<container:container_id>/diff/", rail.container_diff, name="container-diff"),
    path("containers/<container:container_id>/raw/", container_files.container_raw, name="container-raw"),
    *(
        path(f"containers/<container:container_id>/{verb}/", view, name=f"container-{verb}")
        for verb, view in {
            "touch": container_edits.container_touch,
            "mkdir": container_edits.container_mkdir,
            "symlink": container_edits.container_symlink,
            "write": container_write.container_write,
            "replace": container_write.container_replace,
            "upload": container_uploads.container_upload,
            "unpack": container_uploads.container_unpack,
            "remove": container_edits.container_remove,
            "restore": container_edits.container_restore,
            "move": container_edits.container_move,
            "copy": container_edits.container_copy,
            "chmod": container_edits.container_chmod,
            "chown": container_edits.container_chown,
            "undo": container_edits.container_undo,
            "redo": container_edits.container_redo,
            "rename": container_actions.container_rename,
            "reset": container_actions.container_reset,
            "delete": container_actions.container_delete,
        }.items()
    ),
    path("limits/", imports.limits, name="limits"),
]
