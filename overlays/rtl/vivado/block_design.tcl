# Builds the bitstream: Zynq's processor, the two DMAs, the core between them, and the gate's lines. The variables part,
# board_part, clock_mhz, input_dma and output_dma are set above. Written after Vivado 2022.2's documentation (UG895, UG994)
# and never run.
set folder [file dirname [file normalize [info script]]]
create_project accelerator $folder/project -part $part -force
if {[llength [get_board_parts -quiet $board_part]] == 0} {
    error "Vivado has no board files $board_part: they have the processor's memory timing (overlays/finn/README.md)"
}
set_property board_part $board_part [current_project]
add_files -norecurse [glob $folder/rtl/*.sv $folder/rtl/*.v]
update_compile_order -fileset sources_1

create_bd_design top
create_bd_cell -type ip -vlnv xilinx.com:ip:processing_system7:5.5 zynq_ps
apply_bd_automation -rule xilinx.com:bd_rule:processing_system7 \
    -config {make_external "FIXED_IO, DDR" apply_board_preset "1"} [get_bd_cells zynq_ps]
# One port reads and one writes, so neither needs an interconnect: both are AXI3, as the processor's ports are.
set_property -dict [list CONFIG.PCW_USE_M_AXI_GP0 {1} CONFIG.PCW_USE_S_AXI_HP0 {1} CONFIG.PCW_USE_S_AXI_HP1 {1} \
    CONFIG.PCW_S_AXI_HP0_DATA_WIDTH {64} CONFIG.PCW_S_AXI_HP1_DATA_WIDTH {64} CONFIG.PCW_EN_CLK0_PORT {1} \
    CONFIG.PCW_EN_RST0_PORT {1} CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ $clock_mhz] [get_bd_cells zynq_ps]

create_bd_cell -type module -reference idma $input_dma
create_bd_cell -type module -reference odma $output_dma
create_bd_cell -type module -reference network network
create_bd_cell -type ip -vlnv xilinx.com:ip:smartconnect:1.0 smartconnect_0
set_property -dict [list CONFIG.NUM_SI {1} CONFIG.NUM_MI {2}] [get_bd_cells smartconnect_0]
create_bd_cell -type ip -vlnv xilinx.com:ip:proc_sys_reset:5.0 reset

foreach pin [list reset/slowest_sync_clk smartconnect_0/aclk $input_dma/ap_clk $output_dma/ap_clk network/ap_clk \
        zynq_ps/M_AXI_GP0_ACLK zynq_ps/S_AXI_HP0_ACLK zynq_ps/S_AXI_HP1_ACLK] {
    connect_bd_net [get_bd_pins zynq_ps/FCLK_CLK0] [get_bd_pins $pin]
}
connect_bd_net [get_bd_pins zynq_ps/FCLK_RESET0_N] [get_bd_pins reset/ext_reset_in]
foreach pin [list smartconnect_0/aresetn $input_dma/ap_rst_n $output_dma/ap_rst_n network/ap_rst_n] {
    connect_bd_net [get_bd_pins reset/peripheral_aresetn] [get_bd_pins $pin]
}
foreach {from to} [list zynq_ps/M_AXI_GP0 smartconnect_0/S00_AXI smartconnect_0/M00_AXI $input_dma/s_axi_control \
        smartconnect_0/M01_AXI $output_dma/s_axi_control $input_dma/m_axi_gmem zynq_ps/S_AXI_HP0 \
        $output_dma/m_axi_gmem zynq_ps/S_AXI_HP1 $input_dma/m_axis network/s_axis network/m_axis $output_dma/s_axis] {
    connect_bd_intf_net [get_bd_intf_pins $from] [get_bd_intf_pins $to]
}
connect_bd_net [get_bd_pins $input_dma/fault] [get_bd_pins $output_dma/peer_fault]
connect_bd_net [get_bd_pins $output_dma/fault] [get_bd_pins $input_dma/peer_fault]
source $folder/gate_lines.tcl

# The addresses that FINN's designs have, which a PYNQ image gives to generic-uio (docs/overlay.md).
foreach {dma offset} [list $input_dma 0x40000000 $output_dma 0x40001000] {
    assign_bd_address -offset $offset -range 4K -target_address_space [get_bd_addr_spaces zynq_ps/Data] \
        [get_bd_addr_segs $dma/s_axi_control/*]
}
assign_bd_address
validate_bd_design
save_bd_design
make_wrapper -files [get_files top.bd] -top -import
set_property top top_wrapper [current_fileset]

launch_runs impl_1 -to_step write_bitstream -jobs 4
wait_on_run impl_1
if {[get_property PROGRESS [get_runs impl_1]] != "100%"} { error "the implementation failed: see $folder/project" }
open_run impl_1
report_utilization -file $folder/utilization.txt
report_timing_summary -file $folder/timing.txt
if {[get_property SLACK [get_timing_paths]] < 0} { error "a path is slower than $clock_mhz MHz: see timing.txt" }
file mkdir $folder/deploy/bitfile
file copy -force [glob $folder/project/accelerator.runs/impl_1/top_wrapper.bit] $folder/deploy/bitfile/accelerator.bit
file copy -force [lindex [glob $folder/project/accelerator.gen/sources_1/bd/top/hw_handoff/top.hwh] 0] \
    $folder/deploy/bitfile/accelerator.hwh
