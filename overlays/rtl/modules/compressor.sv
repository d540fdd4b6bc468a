// Counts the ones among up to six bits: three tables, one for each bit of the count.
module compressor #(
    parameter int INPUTS = 6,
    localparam int COUNT_BITS = $clog2(INPUTS + 1)
) (
    input  logic [INPUTS-1:0]     in,
    output logic [COUNT_BITS-1:0] count
);
  localparam logic [6*64-1:0] INPUT_TABLES = {
    tables::variable(5), tables::variable(4), tables::variable(3),
    tables::variable(2), tables::variable(1), tables::variable(0)
  };
  for (genvar b = 0; b < COUNT_BITS; b++) begin : bit_of_count
    table6 #(.INIT(tables::count_bit(INPUT_TABLES, b))) counter (.in(6'(in)), .out(count[b]));
  end
endmodule
