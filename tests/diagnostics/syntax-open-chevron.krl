ruleset io.example.shop {
  global {
    page = <<
      <b>x</b>
    
    other = 1
  }
}
