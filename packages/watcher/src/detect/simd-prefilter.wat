;; Searches a range of memory for literals, sixteen bytes at a time ("Teddy": two table look-ups per byte and position).
;; Rebuild with `node scripts/build-simd-prefilter.mjs`, which writes simd-module.ts.
;;
;; Memory:    0 ..   95  six tables of 16 bytes: for the low, then the high half of a byte, at each of three positions,
;;                       the set of buckets (one bit each) that have a literal with such a byte there
;;         4096 .. 8191  by the hash of three bytes, where the literals that have them begin: u16, in units of 32; or 0
;;         8192 ..       literals of 32 bytes: value i64, mask i64, place of the three bytes i32, length i32,
;;                       1 where the next literal has the same hash i32
(module
  (memory (export "memory") 1)

  ;; Start of the first literal that lies whole within [from, to), or -1.
  (func (export "next") (param $from i32) (param $to i32) (result i32)
    (local $at i32) (local $bits i32) (local $place i32) (local $literal i32) (local $start i32)
    (local $bytes v128) (local $halves v128) (local $low v128) (local $found v128)
    (local $first v128) (local $second v128) (local $firstBefore v128) (local $secondBefore v128)
    (local $l0 v128) (local $h0 v128) (local $l1 v128) (local $h1 v128) (local $l2 v128) (local $h2 v128)
    (local.set $low (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15))
    (local.set $l0 (v128.load (i32.const 0)))
    (local.set $h0 (v128.load (i32.const 16)))
    (local.set $l1 (v128.load (i32.const 32)))
    (local.set $h1 (v128.load (i32.const 48)))
    (local.set $l2 (v128.load (i32.const 64)))
    (local.set $h2 (v128.load (i32.const 80)))
    (local.set $at (local.get $from))
    (block $none
      (loop $blocks
        (br_if $none (i32.ge_u (local.get $at) (local.get $to)))
        (local.set $bytes (v128.load (local.get $at)))
        (local.set $halves (v128.and (local.get $bytes) (local.get $low)))
        (local.set $bytes (i8x16.shr_u (local.get $bytes) (i32.const 4)))
        (local.set $first
          (v128.and
            (i8x16.swizzle (local.get $l0) (local.get $halves))
            (i8x16.swizzle (local.get $h0) (local.get $bytes))))
        (local.set $second
          (v128.and
            (i8x16.swizzle (local.get $l1) (local.get $halves))
            (i8x16.swizzle (local.get $h1) (local.get $bytes))))
        ;; A byte that may be the third, where the two before it, over the edge of the block, may be the first and second.
        (local.set $found
          (v128.and
            (v128.and
              (i8x16.swizzle (local.get $l2) (local.get $halves))
              (i8x16.swizzle (local.get $h2) (local.get $bytes)))
            (v128.and
              (i8x16.shuffle 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29
                (local.get $firstBefore) (local.get $first))
              (i8x16.shuffle 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
                (local.get $secondBefore) (local.get $second)))))
        (local.set $firstBefore (local.get $first))
        (local.set $secondBefore (local.get $second))
        (if (v128.any_true (local.get $found))
          (then
            (local.set $bits
              (i32.xor (i32.const 0xffff) (i8x16.bitmask (i8x16.eq (local.get $found) (v128.const i64x2 0 0)))))
            (loop $lanes
              (local.set $place (i32.sub (i32.add (local.get $at) (i32.ctz (local.get $bits))) (i32.const 2)))
              (local.set $literal
                (i32.shl
                  (i32.load16_u offset=4096
                    (i32.shl
                      (i32.shr_u
                        (i32.mul (i32.shl (i32.load (local.get $place)) (i32.const 8)) (i32.const 0x9e3779b1))
                        (i32.const 21))
                      (i32.const 1)))
                  (i32.const 5)))
              (if (local.get $literal)
                (then
                  (loop $literals
                    (local.set $start (i32.sub (local.get $place) (i32.load offset=16 (local.get $literal))))
                    (if
                      (i64.eq
                        (i64.and (i64.load (local.get $start)) (i64.load offset=8 (local.get $literal)))
                        (i64.load (local.get $literal)))
                      (then
                        (if
                          (i32.and
                            (i32.ge_u (local.get $start) (local.get $from))
                            (i32.le_u
                              (i32.add (local.get $start) (i32.load offset=20 (local.get $literal)))
                              (local.get $to)))
                          (then (return (local.get $start))))))
                    (if (i32.load offset=24 (local.get $literal))
                      (then
                        (local.set $literal (i32.add (local.get $literal) (i32.const 32)))
                        (br $literals))))))
              (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
              (br_if $lanes (local.get $bits)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $blocks)))
    (i32.const -1))

  ;; Line ends in [from, to).
  (func (export "countLines") (param $from i32) (param $to i32) (result i32)
    (local $lines i32) (local $newline v128)
    (local.set $newline (v128.const i8x16 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10 10))
    (block $tail
      (loop $blocks
        (br_if $tail (i32.gt_u (i32.add (local.get $from) (i32.const 16)) (local.get $to)))
        (local.set $lines
          (i32.add
            (local.get $lines)
            (i32.popcnt (i8x16.bitmask (i8x16.eq (v128.load (local.get $from)) (local.get $newline))))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $blocks)))
    (block $end
      (loop $bytes
        (br_if $end (i32.ge_u (local.get $from) (local.get $to)))
        (local.set $lines
          (i32.add (local.get $lines) (i32.eq (i32.load8_u (local.get $from)) (i32.const 10))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $bytes)))
    (local.get $lines)))
