ruleset io.example.shop {
  global {
    zone = {tz: "UTC"}
  }
}
