"""What registers a device is read in a process of its own alone: no doctest run imports it."""

OWN_PROCESS = {"on_device.py", "pocket.py", "study_on_device.py"}


def pytest_ignore_collect(collection_path, config):
    named = str(collection_path) in map(str, config.args)
    return True if collection_path.name in OWN_PROCESS and not named else None
