// Counts the ones among bits of equal weight, six at a time. The counts are bits of this weight, of twice and of four times
// the weight. One or two bits that are left over pass as they are.
module column_counter #(
    parameter int HEIGHT = 24,  // bits, at least 3
    localparam int REST = HEIGHT % 6,
    localparam int FULL = HEIGHT / 6,  // counters of six bits; one more counts a rest of at least three
    localparam int TWOS = FULL + (REST >= 3 ? 1 : 0),
    localparam int FOURS = FULL + (REST >= 4 ? 1 : 0),
    localparam int ONES = TWOS + (REST < 3 ? REST : 0)
) (
    input  logic [HEIGHT-1:0]                  in,
    output logic [ONES-1:0]                    ones,
    output logic [TWOS-1:0]                    twos,
    output logic [(FOURS > 0 ? FOURS : 1)-1:0] fours  // 0 where HEIGHT is 3
);
  for (genvar i = 0; i < FULL; i++) begin : six
    compressor #(.INPUTS(6)) counter (.in(in[i*6+:6]), .count({fours[i], twos[i], ones[i]}));
  end
  if (REST == 3) begin : three
    compressor #(.INPUTS(3)) counter (.in(in[FULL*6+:3]), .count({twos[FULL], ones[FULL]}));
  end else if (REST >= 4) begin : several
    compressor #(.INPUTS(REST)) counter (.in(in[FULL*6+:REST]), .count({fours[FULL], twos[FULL], ones[FULL]}));
  end else if (REST > 0) begin : left_over
    assign ones[TWOS+:REST] = in[FULL*6+:REST];
  end
  if (FOURS == 0) begin : no_fours
    assign fours = '0;
  end
endmodule
