ruleset a.b {
  rule r {
    select when c d
    foreach [1] setting(x0)
    foreach [1] setting(x1)
    foreach [1] setting(x2)
    foreach [1] setting(x3)
    foreach [1] setting(x4)
    foreach [1] setting(x5)
    foreach [1] setting(x6)
    foreach [1] setting(x7)
    foreach [1] setting(x8)
    foreach [1] setting(x9)
    foreach [1] setting(x10)
    noop()
  }
}
