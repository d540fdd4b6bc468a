// Truth tables of six-input look-up tables (LUT6), as constants of 64 bits: bit i is the output for the inputs i.
package tables;

  // The truth table of "input k is 1". Bitwise operations on such tables give the tables of all other functions.
  function automatic logic [63:0] variable(input int k);
    case (k)
      0: variable = 64'hAAAA_AAAA_AAAA_AAAA;
      1: variable = 64'hCCCC_CCCC_CCCC_CCCC;
      2: variable = 64'hF0F0_F0F0_F0F0_F0F0;
      3: variable = 64'hFF00_FF00_FF00_FF00;
      4: variable = 64'hFFFF_0000_FFFF_0000;
      default: variable = 64'hFFFF_FFFF_0000_0000;
    endcase
  endfunction

  // Bit `weight` (0, 1 or 2) of the number of ones among six functions, whose tables are the six parts of `ones`.
  function automatic logic [63:0] count_bit(input logic [6*64-1:0] ones, input int weight);
    logic [63:0] a, b, c, d, e, f, sum_low, sum_high, carry_low, carry_high, carry;
    a = ones[0*64+:64];
    b = ones[1*64+:64];
    c = ones[2*64+:64];
    d = ones[3*64+:64];
    e = ones[4*64+:64];
    f = ones[5*64+:64];
    sum_low = a ^ b ^ c;
    sum_high = d ^ e ^ f;
    carry_low = (a & b) | (a & c) | (b & c);
    carry_high = (d & e) | (d & f) | (e & f);
    carry = sum_low & sum_high;
    case (weight)
      0: count_bit = sum_low ^ sum_high;
      1: count_bit = carry_low ^ carry_high ^ carry;
      default: count_bit = (carry_low & carry_high) | (carry_low & carry) | (carry_high & carry);
    endcase
  endfunction

endpackage
