// One look-up table of six inputs. Written out, since synthesis makes carry chains of small sums otherwise.
module table6 #(
    parameter logic [63:0] INIT = '0  // bit i: the output for the inputs i
) (
    input  logic [5:0] in,
    output logic       out
);
`ifdef XILINX_PRIMITIVES
  LUT6 #(.INIT(INIT)) lut (.I0(in[0]), .I1(in[1]), .I2(in[2]), .I3(in[3]), .I4(in[4]), .I5(in[5]), .O(out));
`else
  assign out = INIT[in];
`endif
endmodule
