"""The command `pico`: one file per command group, and the only place that names concrete stores."""
