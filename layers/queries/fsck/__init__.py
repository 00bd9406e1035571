"""Whether the library is sound: each check yields a ``Problem`` for everything that is not as it should be.

``library.check_library`` makes all of them. A check reads; ``operations.repair_library`` mends.
"""
