ruleset io.example.shop {
  global {
    ent:a = 1
  }
}
