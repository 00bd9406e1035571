"""The core: what a container image is, without Django, without a disk of its own.

Read it in this order::

    errors, limits                  what can be wrong, and how much is too much
    digest -> descriptor -> manifest -> config
                                    content has a name; names make an image
    changeset/                      one layer: its tar, member by member
        paths, whiteout, entry      what a name means, what a member is
        compression, seek           from stored bytes to the tar and back to a place in it
        reader, writer              a tar in, a tar out
    unionfs/                        layers stacked
        tree                        directories of a merged view
        extract                     what one layer puts where
        overlay                     a layer upon a tree: what changed, and why
    archive/                        images in a tarball or a directory
    packages/                       what is installed, told by the databases of package managers
"""
