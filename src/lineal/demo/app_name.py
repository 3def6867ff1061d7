"""How the served application is called; apart from it, because importing the application loads the model."""

ENDPOINT = "delay-api"
APP = "lineal.demo.app:app"
