`default_nettype none

// The input DMA, in a design of Vivado's `idma0`: reads images of 32 x 32 pixels of three bytes from memory, and gives
// them out pixel by pixel (R in bits 7 to 0, G, B), row by row. Its ports have the names by which Vivado finds interfaces.
module image_reader #(
    parameter int BEAT_BYTES = 8,
    parameter int ID_BITS = 1
) (
    input  wire                    ap_clk,
    input  wire                    ap_rst_n,
    // AXI4-Lite, see control_registers
    input  wire [11:0]             s_axi_control_awaddr,
    input  wire                    s_axi_control_awvalid,
    output wire                    s_axi_control_awready,
    input  wire [31:0]             s_axi_control_wdata,
    input  wire [3:0]              s_axi_control_wstrb,
    input  wire                    s_axi_control_wvalid,
    output wire                    s_axi_control_wready,
    output wire [1:0]              s_axi_control_bresp,
    output wire                    s_axi_control_bvalid,
    input  wire                    s_axi_control_bready,
    input  wire [11:0]             s_axi_control_araddr,
    input  wire                    s_axi_control_arvalid,
    output wire                    s_axi_control_arready,
    output wire [31:0]             s_axi_control_rdata,
    output wire [1:0]              s_axi_control_rresp,
    output wire                    s_axi_control_rvalid,
    input  wire                    s_axi_control_rready,
    // AXI3, read channels
    output wire [ID_BITS-1:0]      m_axi_gmem_arid,
    output wire [63:0]             m_axi_gmem_araddr,
    output wire [3:0]              m_axi_gmem_arlen,
    output wire [2:0]              m_axi_gmem_arsize,
    output wire [1:0]              m_axi_gmem_arburst,
    output wire [1:0]              m_axi_gmem_arlock,
    output wire [3:0]              m_axi_gmem_arcache,
    output wire [2:0]              m_axi_gmem_arprot,
    output wire [3:0]              m_axi_gmem_arqos,
    output wire                    m_axi_gmem_arvalid,
    input  wire                    m_axi_gmem_arready,
    input  wire [ID_BITS-1:0]      m_axi_gmem_rid,
    input  wire [8*BEAT_BYTES-1:0] m_axi_gmem_rdata,
    input  wire [1:0]              m_axi_gmem_rresp,
    input  wire                    m_axi_gmem_rlast,
    input  wire                    m_axi_gmem_rvalid,
    output wire                    m_axi_gmem_rready,
    // AXI4-Stream of pixels
    output wire [23:0]             m_axis_tdata,
    output wire                    m_axis_tvalid,
    input  wire                    m_axis_tready,
    // faults of the two DMAs
    input  wire                    peer_fault,
    output wire                    fault
);
    localparam int BEATS_BITS = 48;
    localparam int BEATS_PER_CHANNEL = 32 * 32 / BEAT_BYTES;  // of three in an image; a power of two

    wire start, finished;
    wire [63:0] address, window_first, window_end;
    wire [31:0] images;
    wire [fault_causes::BITS-1:0] causes;

    control_registers control (
        .clk(ap_clk),
        .rst_n(ap_rst_n),
        .awaddr(s_axi_control_awaddr),
        .awvalid(s_axi_control_awvalid),
        .awready(s_axi_control_awready),
        .wdata(s_axi_control_wdata),
        .wstrb(s_axi_control_wstrb),
        .wvalid(s_axi_control_wvalid),
        .wready(s_axi_control_wready),
        .bresp(s_axi_control_bresp),
        .bvalid(s_axi_control_bvalid),
        .bready(s_axi_control_bready),
        .araddr(s_axi_control_araddr),
        .arvalid(s_axi_control_arvalid),
        .arready(s_axi_control_arready),
        .rdata(s_axi_control_rdata),
        .rresp(s_axi_control_rresp),
        .rvalid(s_axi_control_rvalid),
        .rready(s_axi_control_rready),
        .start,
        .address,
        .images,
        .window_first,
        .window_end,
        .finished,
        .fault(causes)
    );

    // Written as an adder and a shift, since synthesis would take DSPs for a product.
    wire [BEATS_BITS-1:0] channels = (BEATS_BITS'(images) << 1) + BEATS_BITS'(images);

    wire [8*BEAT_BYTES-1:0] beat;
    wire beat_valid, beat_ready;
    read_dma #(
        .BEAT_BYTES(BEAT_BYTES),
        .BEATS_BITS(BEATS_BITS)
    ) dma (
        .clk(ap_clk),
        .rst_n(ap_rst_n),
        .start,
        .address,
        .beats(channels << $clog2(BEATS_PER_CHANNEL)),
        .window_first,
        .window_end,
        .peer_fault,
        .finished,
        .fault(causes),
        .araddr(m_axi_gmem_araddr),
        .arlen(m_axi_gmem_arlen),
        .arvalid(m_axi_gmem_arvalid),
        .arready(m_axi_gmem_arready),
        .rdata(m_axi_gmem_rdata),
        .rresp(m_axi_gmem_rresp),
        .rvalid(m_axi_gmem_rvalid),
        .rready(m_axi_gmem_rready),
        .out_data(beat),
        .out_valid(beat_valid),
        .out_ready(beat_ready)
    );

    pixel_narrower #(
        .BEAT_BYTES(BEAT_BYTES)
    ) narrower (
        .clk(ap_clk),
        .rst_n(ap_rst_n),
        .in_data(beat),
        .in_valid(beat_valid),
        .in_ready(beat_ready),
        .out_data(m_axis_tdata),
        .out_valid(m_axis_tvalid),
        .out_ready(m_axis_tready)
    );

    assign m_axi_gmem_arid = '0;
    assign m_axi_gmem_arsize = 3'($clog2(BEAT_BYTES));
    assign m_axi_gmem_arburst = 2'b01;   // INCR
    assign m_axi_gmem_arlock = 2'b00;    // normal access
    assign m_axi_gmem_arcache = 4'b0011; // modifiable and bufferable, as HLS's masters
    assign m_axi_gmem_arprot = 3'b000;
    assign m_axi_gmem_arqos = 4'b0000;
    assign fault = (causes & ~(fault_causes::BITS'(1) << fault_causes::PEER)) != 0;  // its own

    wire unused = &{1'b0, m_axi_gmem_rid, m_axi_gmem_rlast};  // one ID, and the beats are counted
endmodule

`default_nettype wire
