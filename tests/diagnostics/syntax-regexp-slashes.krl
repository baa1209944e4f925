ruleset io.example.shop {
  global {
    clean = function(t){ t.replace(re/^\s+/g, "") }
  }
}
