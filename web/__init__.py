"""The plan as a web page that works out everything on the phone: how its folder is built, and tried."""
