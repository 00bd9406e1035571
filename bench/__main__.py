"""``bench/run``: make the inputs."""

import argparse
from pathlib import Path

from bench.inputs import make_inputs

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path, default=Path("bench/data"))
make_inputs(parser.parse_args().data)
