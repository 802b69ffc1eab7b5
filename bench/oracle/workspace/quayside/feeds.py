"""What comes in from outside, and how it is kept."""

from __future__ import annotations

import collections
import csv
import datetime
import itertools
import json
import math
import os
import pathlib
import random
import re
import shutil
import statistics
import string
import subprocess
import tempfile
import textwrap
import time
import zipfile

import boto3

__all__ = [
    "collections",
    "csv",
    "datetime",
    "itertools",
    "json",
    "math",
    "os",
    "pathlib",
    "random",
    "re",
    "shutil",
    "statistics",
    "string",
    "subprocess",
    "tempfile",
    "textwrap",
    "time",
    "zipfile",
]


def open_feeds() -> list[object]:
    """One client for each service that we listen to."""
    return [
        boto3.client("s3"),
        boto3.client("sqs"),
        boto3.client("ec2"),
        boto3.client("dynamodb"),
        boto3.client("lambda"),
        boto3.client("sns"),
        boto3.client("iam"),
        boto3.client("bedrock"),
        boto3.client("kinesis"),
        boto3.client("ecs"),
        boto3.client("logs"),
    ]
